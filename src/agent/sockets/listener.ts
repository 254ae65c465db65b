import type { Place } from './places.ts';

/** Something that listens. */
export interface Listener {
  /** Where it listens really: the port that the system chose where 0 was asked for. */
  readonly address: Place;
  /** Cuts what is open; resolves when nothing is left. */
  close(): Promise<void>;
}
