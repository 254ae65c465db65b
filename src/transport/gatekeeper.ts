/** What an agent says of itself when it connects. */
export interface Claim {
  /** Name of its client. */
  client: string;
  /** The secret that it was enrolled with; undefined: it has none. */
  token: string | undefined;
  /** Names in a certificate of its own that was found valid; undefined: it showed none. */
  certificateNames: readonly string[] | undefined;
  /** Where it connects from. */
  address: string;
}

/** An agent that was let in. */
export interface Admitted {
  client: string;
  /** Whether it may report for this client or `source`, and be asked as it. */
  speaksFor(name: string): boolean;
  /** Aborted when its right ends while it is connected. */
  readonly revoked: AbortSignal;
}

/** Decides which agents a transport serves. The transport asks; access control answers. */
export interface Gatekeeper {
  /** Never rejects: an agent that cannot be judged is refused. The reason is a sentence for the agent's operator. */
  admit(claim: Claim): Promise<Admitted | { refused: string }>;
  /**
   * Is told what an agent that was let in tried and may not do; `what` is a short sentence that is the same for the
   * same cause. Never throws, and may be called as often as messages come.
   */
  offended(agent: Admitted, what: string): void;
  /** Is told why somebody was sent away who never said who it is; bound as `offended` is. */
  strange?(address: string, why: string): void;
}
