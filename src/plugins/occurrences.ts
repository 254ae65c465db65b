import { defineFilter, type Event, Type } from '../plugin.ts';

const DEFAULT_OCCURRENCES = 1;
const DEFAULT_REFRESH_SECONDS = 1800;
const DEFAULT_INTERVAL_SECONDS = 60;

/**
 * Holds a problem back until it has come `check.occurrences` times in a row, and tells of it again every
 * `check.refresh` seconds, counted in results. A resolve passes when the problem may have been told.
 * (Sensu Core 1.9 documentation, "Filters", the built-in filter `occurrences`.)
 */
export const occurrences = defineFilter({
  name: 'occurrences',
  options: Type.Object({}),
  run: (event) => {
    const { check, action, occurrences: count, occurrences_watermark: highest } = event;
    const wanted = wholeNumber(check['occurrences']) ?? DEFAULT_OCCURRENCES;
    if (action === 'resolve' && (highest ?? count) >= wanted) return null;
    if (count < wanted) return tooFew(event, wanted);
    if (count === wanted || action === 'resolve') return null;
    const every = resultsBetween(check);
    if (every === 0 || (count - wanted) % every === 0) return null;
    const next = count + every - ((count - wanted) % every);
    return {
      why: `it was told at occurrence ${wanted} and is told again every ${every} occurrences ("refresh"): this is number ${count}, the next to be told is number ${next}`,
      seen: { attribute: 'occurrences', value: count },
    };
  },
});

function tooFew({ action, occurrences: count, occurrences_watermark: highest }: Event, wanted: number) {
  if (action !== 'resolve') {
    const why = `the check asks for ${wanted} occurrences in a row, and this is number ${count}`;
    return { why, seen: { attribute: 'occurrences', value: count } };
  }
  const why = `the problem was never told: it came ${highest ?? count} times in a row, and the check asks for ${wanted}`;
  return { why, seen: { attribute: 'occurrences_watermark', value: highest ?? null } };
}

/** How many results lie between two tellings; 0: each is told. */
function resultsBetween(check: Event['check']): number {
  const refresh = wholeNumber(check['refresh']) ?? DEFAULT_REFRESH_SECONDS;
  const interval = wholeNumber(check.interval) ?? 0;
  return Math.abs(Math.floor(refresh / (interval > 0 ? interval : DEFAULT_INTERVAL_SECONDS)));
}

/** A number without its fraction, also when it is written as text; undefined for everything else. */
function wholeNumber(value: unknown): number | undefined {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value));
  const number = isNumber ? Math.trunc(Number(value)) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}
