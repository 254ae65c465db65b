/** Why something was forgotten: a person asked, a client stayed away, or results of a check stopped coming. */
export type RemovalReason = 'asked' | 'silent' | 'expired';

/** The record of a client, or of one check of it, that was forgotten. */
export interface Removal {
  /** Unix seconds. */
  timestamp: number;
  client: string;
  /** Null: the client with everything that was known of it. */
  check: string | null;
  reason: RemovalReason;
  /** A sentence for a person. */
  why: string;
  /** Events that were resolved before. */
  events: number;
  /** Results that went with it. */
  results: number;
}
