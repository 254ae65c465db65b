import type { Skew } from './skew.ts';

/**
 * How a server finds itself, as `GET /api/v1/self` shows it. Times are seconds; null: not known.
 */
export interface SelfStatus {
  /** The client under which it reports about itself. */
  client: string;
  /** True while the canary does not come back. */
  blind: boolean;
  canary: {
    /** Seconds between two; 0: there are none. */
    every: number;
    /** Unix seconds at which it came back last. */
    passed_at: number | null;
    /** What the last one took for the whole way. */
    took: number | null;
    /** How long none has come back, not counting time in which this process stood still. */
    quiet: number;
  };
  intake: { lag: number; results_waiting: number | null; keepalives_waiting: number | null };
  /** Latest request of the last look. */
  schedule: { lateness: number };
  outbox: { deliveries: number; age: number };
  /** Deliveries that ended in the last five minutes, those of the canary apart. */
  deliveries: { handled: number; failed: number };
  dead_letters: number;
  store: { connected: boolean };
  transport: { connected: boolean };
  /** Agents that are connected to the port of this server; null: nobody can be. */
  agents: number | null;
  /** Clients whose clocks differ by more than the threshold, the worst first; at most ten. */
  clocks: { clients: number; worst: Skew[] };
  event_loop: { delay: number };
  /** What is past its threshold, as reported. */
  problems: { check: string; status: number; output: string }[];
}
