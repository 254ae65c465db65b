import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { COUNTERS, Counters } from './counters.ts';
import { BUCKETS, Histogram, METRICS, Metrics } from './metrics.ts';

/** The text as a reader of the format sees it: values by name and labels; throws for a line that is none. */
function parse(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.trimEnd().split('\n')) {
    if (/^# (HELP|TYPE) tocsin_[a-z_]+ ./.test(line)) continue;
    const [, name, value] = /^(tocsin_[a-z_]+(?:\{le="[^"]+"\})?) (\S+)$/.exec(line) ?? [];
    if (name === undefined || values.has(name)) throw new Error(`cannot read "${line}"`);
    values.set(name, Number(value?.replace('+Inf', 'Infinity')));
  }
  return values;
}

test('gauges are read when somebody asks, and what is not known is left out', () => {
  const metrics = new Metrics(new Counters());
  let lag: number | undefined = 0.25;
  metrics.gauge('intake_lag_seconds', () => lag);
  expect(parse(metrics.text()).get('tocsin_intake_lag_seconds')).toBe(0.25);
  lag = undefined;
  expect(metrics.text()).not.toContain('intake_lag');
  expect(metrics.text()).not.toContain('tocsin_blind ');
});

test('every counter is there, with what it means', () => {
  const counters = new Counters();
  counters.increment('results_taken', 7);
  const text = new Metrics(counters).text();
  expect(parse(text).get('tocsin_results_taken_total')).toBe(7);
  expect(parse(text).size).toBe(Object.keys(COUNTERS).length);
  expect(text).toContain('# HELP tocsin_results_taken_total results that were committed\n');
  expect(text).toContain('# TYPE tocsin_results_taken_total counter\n');
});

test('values that are no plain numbers are written in the words of the format', () => {
  const metrics = new Metrics(new Counters());
  const written = (value: number): string | undefined => {
    metrics.gauge('blind', () => value);
    return /^tocsin_blind (.*)$/m.exec(metrics.text())?.[1];
  };
  expect([0, 1.23456789, Number.NaN, Infinity, -Infinity].map(written)).toEqual([
    ...['0', '1.234568', 'NaN', '+Inf', '-Inf'],
  ]);
});

test('a histogram counts each value in every bucket at or above it', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1, max: 100, noNaN: true }), { maxLength: 50 }), (values) => {
      const histogram = new Histogram();
      for (const value of values) histogram.observe(value);
      const read = parse(histogram.lines('tocsin_x').join('\n'));
      for (const bound of BUCKETS) {
        expect(read.get(`tocsin_x_bucket{le="${bound}"}`)).toBe(
          values.filter((value) => value <= bound).length,
        );
      }
      expect(read.get('tocsin_x_bucket{le="+Inf"}')).toBe(values.length);
      expect(read.get('tocsin_x_count')).toBe(values.length);
    }),
    { numRuns: RANDOM_INPUTS },
  );
});

test('names carry their units, and no name is another one’s', () => {
  const names = [...Object.keys(METRICS), ...Object.keys(COUNTERS).map((name) => `${name}_total`)];
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z_]*[a-z]$/);
});
