import type { SelfReport } from '../../state/self-reports.ts';

/** So many looks in a row have to agree that something has changed. */
export const LOOKS_IN_A_ROW = 3;

interface Standing {
  /** As told last; undefined: nothing was told yet. */
  told: SelfReport | undefined;
  /** Looks in a row that differ from it. */
  differing: number;
}

/** Tells only what lasts: a moment's hitch, or a machine that slept, is nothing that anybody should be told. */
export class Steady {
  readonly #standings = new Map<string, Standing>();

  /** Notes what a look found; the report when that has changed for good, else undefined. */
  note(report: SelfReport): SelfReport | undefined {
    const standing = this.#standings.get(report.check) ?? { told: undefined, differing: 0 };
    this.#standings.set(report.check, standing);
    if (standing.told?.status === report.status) {
      standing.differing = 0;
      return undefined;
    }
    if (++standing.differing < LOOKS_IN_A_ROW) return undefined;
    standing.differing = 0;
    standing.told = report;
    return report;
  }

  /** What is not well, as told. */
  problems(): SelfReport[] {
    return Array.from(this.#standings.values(), ({ told }) => told).filter(
      (told) => told !== undefined && told.status !== 0,
    ) as SelfReport[];
  }
}
