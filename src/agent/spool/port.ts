import type { CheckResult } from '../../model/check.ts';
import type { ResultId } from '../../model/taken.ts';
import type { Numbering } from '../numbers.ts';

/** A result with its number, as it is sent and kept. */
export interface NumberedResult {
  body: CheckResult;
  id: ResultId;
}

/** Where a result lies in a spool: in which segment, and where in that one. */
export interface Place {
  segment: number;
  at: number;
}

/** A result that was handed out of a spool. */
export interface Kept {
  result: NumberedResult;
  place: Place;
}

/** Where a result is kept now, and what it outlives there: on disk this process, in memory not. */
export interface Keeping {
  place: Place;
  on: 'disk' | 'memory';
}

/** Keeps results, in order and within bounds, until they were delivered. */
export interface Spool {
  /** True when it keeps results on disk, as far as the disk takes them. */
  readonly lasting: boolean;
  /** How the results of this run are numbered; missing: as those of a run of its own. */
  readonly numbering?: Numbering | undefined;
  /** Results in it. */
  readonly size: number;
  /** Results that went lost: there was no room, or what stands on disk is damaged; on disk those of earlier runs too. */
  readonly lost: number;
  /**
   * Keeps a result behind the others. Resolves when it is written, one write for all that came while the last one was
   * under way; with undefined when it is too large for any room. Never rejects: what the disk does not take is kept in
   * memory. Where there is no room the oldest go.
   * @param held true for one that is on its way meanwhile: it is not handed out until it was given back
   */
  add(result: NumberedResult, held?: boolean): Promise<Keeping | undefined>;
  /**
   * Hands out the next results that nobody holds, at most so many; none: all have been handed out by now. On disk the
   * newest of each check come first, since they tell how things are, then the others, both in order. In memory all come
   * in order. One at a time.
   */
  take(most: number): Promise<Kept[]>;
  /** They were delivered, or never will be: they leave. */
  done(places: readonly Place[]): void;
  /** They were not delivered: they wait again, where they were. */
  giveBack(places: readonly Place[]): void;
  /** That some went lost is known by now. */
  forgetLost(): void;
  /**
   * Resolves when everything is written and let go of, with how many results no disk had taken: those are lost. The
   * others wait for the next start. May be called twice.
   */
  close(): Promise<number>;
}
