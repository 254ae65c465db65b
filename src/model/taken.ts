/** The number an agent gives to a result; it travels beside the document, never in it. */
export interface ResultId {
  /** Name of the agent (its client). */
  agent: string;
  /** An opaque text for a row of numbers: new at each start, or the same while an agent's numbers go on over restarts. */
  boot: string;
  /** Goes up within one boot, over all checks of the agent. */
  number: number;
  /**
   * The number before it that this agent gave to a result of the same client and check in this boot and that may still
   * be on its way; 0: there is none. Missing: the agent does not tell. With it a server knows a result that comes late
   * from one that comes again.
   */
  previous?: number | undefined;
}
