import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planWindows } from '../../../model/windows.ts';
import { RANDOM_INPUTS } from '../../../testing/random.ts';
import { FilterTimes } from './times.ts';

const at = (text: string): number => Date.parse(text);
const offhours = { days: { all: [{ begin: '5:00 PM UTC', end: '8:00 AM UTC' }] } };

test.each([
  ['2026-11-20T12:00:00Z', false, ' until 2026-11-20T17:00Z'],
  ['2026-11-20T16:59:59.999Z', false, ' until 2026-11-20T17:00Z'],
  ['2026-11-20T17:00:00Z', true, ' until 2026-11-21T08:00Z'],
  ['2026-11-20T03:00:00Z', true, ' until 2026-11-20T08:00Z'],
])('at %s it is inside: %s%s', (moment, inside, until) => {
  const times = new FilterTimes(offhours);
  expect(times.inside(at(moment))).toBe(inside);
  expect(times.untilText(at(moment))).toBe(until);
});

test('what never changes has no end', () => {
  expect(new FilterTimes({ days: { all: [{ begin: '00:00', end: 'nonsense' }] } }).untilText(0)).toBe('');
});

test('until the minute that it tells nothing changes, and then it does', () => {
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([hour, minute]) => `${hour}:${String(minute).padStart(2, '0')} UTC`);
  const window = fc.record({ begin: time, end: time });
  const moment = fc.integer({ min: at('2026-01-01T00:00Z'), max: at('2027-01-01T00:00Z') });
  fc.assert(
    fc.property(fc.array(window, { minLength: 1, maxLength: 3 }), moment, (all, nowMs) => {
      const times = new FilterTimes({ days: { all } });
      const until = /until (.+)$/.exec(times.untilText(nowMs))?.[1];
      if (until === undefined) return;
      const plan = planWindows({ days: { all } });
      const isInside = plan.inside(nowMs);
      expect(plan.inside(at(until) + 1)).toBe(!isInside);
      const minutes = Math.floor((at(until) - nowMs) / 60_000);
      for (let minute = 1; minute < minutes; minute++) {
        expect(plan.inside(at(until) - minute * 60_000 + 1)).toBe(isInside);
      }
    }),
    { numRuns: RANDOM_INPUTS / 10 },
  );
});
