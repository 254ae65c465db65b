import { planWindows, type TimeWindows, type WindowsPlan } from '../../../model/windows.ts';

const MINUTE_MS = 60_000;
/** Windows come round within a week. */
const LONGEST_LOOK_MS = 8 * 86_400_000;

/** The times of a filter's `when`: whether it applies at a moment, and until when that stays so. */
export class FilterTimes {
  readonly problems: WindowsPlan['problems'];
  readonly #windows: WindowsPlan;
  /** Looking ahead has a plan of its own: each remembers the day that it was asked about last. */
  readonly #ahead: WindowsPlan;
  #told = { fromMs: 0, untilMs: 0, text: '' };

  constructor(when: TimeWindows) {
    this.#windows = planWindows(when);
    this.#ahead = planWindows(when);
    this.problems = this.#windows.problems;
  }

  inside(nowMs: number): boolean {
    return this.#windows.inside(nowMs);
  }

  /** ` until <time>`, or nothing when it never changes. Exact to a minute, and worked out once for each change. */
  untilText(nowMs: number): string {
    const known = this.#told;
    if (nowMs >= known.fromMs && nowMs < known.untilMs) return known.text;
    const atMs = this.#changesAt(nowMs);
    const text = atMs === undefined ? '' : ` until ${new Date(atMs).toISOString().slice(0, 16)}Z`;
    this.#told = { fromMs: nowMs, untilMs: atMs ?? nowMs + LONGEST_LOOK_MS, text };
    return text;
  }

  #changesAt(nowMs: number): number | undefined {
    const isInside = this.#ahead.inside(nowMs);
    const begunMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
    for (let aheadMs = MINUTE_MS; aheadMs <= LONGEST_LOOK_MS; aheadMs += MINUTE_MS) {
      // A window's last moment still belongs to it, so a minute is asked just behind its beginning.
      if (this.#ahead.inside(begunMs + aheadMs + 1) !== isInside) return begunMs + aheadMs;
    }
    return undefined;
  }
}
