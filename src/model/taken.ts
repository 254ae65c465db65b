/** The number an agent gives to a result; it travels beside the document, never in it. */
export interface ResultId {
  /** Name of the agent (its client). */
  agent: string;
  /** One run of the agent's process: an opaque text, new at each start. */
  boot: string;
  /** Counts up from 1 within one boot, over all checks of the agent. */
  number: number;
}
