import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { planWindows, type TimeWindows } from './windows.ts';

const BERLIN = { timeZone: 'Europe/Berlin' };
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const all = (begin: string, end: string): TimeWindows => ({ days: { all: [{ begin, end }] } });
const inside = (windows: TimeWindows, at: string, timeZone = 'UTC'): boolean =>
  planWindows(windows, { timeZone }).inside(Date.parse(at));

test.each([
  [
    '5:00 PM',
    '6:00 PM',
    ['16:59:59.999Z', false],
    ['17:00:00Z', true],
    ['18:00:00Z', true],
    ['18:00:00.001Z', false],
  ],
  ['17:00', '17:00', ['17:00:00Z', true], ['17:00:00.001Z', false]],
  [
    '5:00 PM',
    '8:00 AM',
    ['00:00:00Z', true],
    ['07:59:59.999Z', true],
    ['08:00:00.001Z', false],
    ['16:59:59Z', false],
    ['17:00:00Z', true],
    ['23:59:59.999Z', true],
  ],
  ['00:00', '24:00', ['00:00:00Z', true], ['23:59:59.999Z', true]],
  ['5pm', '6 p.m.', ['17:30:00Z', true], ['18:30:00Z', false]],
  ['12:00 AM', '12:00 PM', ['00:00:00Z', true], ['12:00:00Z', true], ['13:00:00Z', false]],
  ['12:00:30.250', '12:00:31', ['12:00:30.249Z', false], ['12:00:30.250Z', true]],
  ['13:30 +0200', '14:00 +02:00', ['11:30:00Z', true], ['12:00:00Z', true], ['13:45:00Z', false]],
  ['08:00 PST', '09:00 PST', ['16:30:00Z', true], ['08:30:00Z', false]],
  ['08:00 UTC-8', '09:00 gmt-08:00', ['16:30:00Z', true], ['08:30:00Z', false]],
  [
    '22:00 PST',
    '04:00 PST',
    ['05:30:00Z', false],
    ['06:30:00Z', true],
    ['11:59:00Z', true],
    ['12:01:00Z', false],
  ],
  ['09:00 Europe/Berlin', '10:00 Europe/Berlin', ['08:30:00Z', true], ['09:30:00Z', false]],
  ['09:00 Etc/GMT+3', '10:00 Etc/GMT+3', ['12:30:00Z', true], ['06:30:00Z', false]],
  ['09:00 XYZ', 'Monday 10:00 (whatever)', ['09:30:00Z', true]],
  ['2026-11-21 17:00', '2026-11-21T18:00:00Z', ['17:30:00Z', true], ['18:30:00Z', false]],
  ['2026-11-20 17:00', 'Nov 22 2026', ['00:00:00Z', true], ['23:59:59Z', true]],
  ['2026-11-22 17:00', '2026/11/23 18:00', ['17:30:00Z', false]],
  ['Sat, 21 Nov 2026 17:00:00 +0100', '21 November 18:00', ['16:30:00Z', true], ['15:30:00Z', false]],
] as [string, string, ...[string, boolean][]][])('from %s to %s', (begin, end, ...moments) => {
  expect(planWindows(all(begin, end)).problems).toEqual([]);
  for (const [time, wanted] of moments)
    expect([time, inside(all(begin, end), `2026-11-21T${time}`)]).toEqual([time, wanted]);
});

test.each([
  '',
  'noon',
  '25:00',
  '24:01',
  '12:60',
  '12:00:60',
  '1700',
  '5',
  '17:00 17:00',
  '2026-02-30',
  '17:00 2026-13-01',
  '17:00 +2500',
  '17:00 Europe/Nowhere',
  'Europe/Berlin',
  '5:00 PM; rm',
  '١٧:٠٠',
  `17:00${' '.repeat(100)}`,
])('"%s" is no time, and its window is never entered', (text) => {
  const windows = {
    days: {
      all: [{ begin: '00:00', end: '23:59' }],
      monday: [
        { begin: '10:00', end: '9:00' },
        { begin: text, end: text },
      ],
    },
  };
  const { problems } = planWindows(windows);
  expect(problems.map(({ steps }) => steps)).toEqual([
    ['days', 'monday', 1, 'begin'],
    ['days', 'monday', 1, 'end'],
  ]);
  expect(problems[0]?.expected).toContain('a time, like "5:00 PM"');
  expect(planWindows(all(text, '23:59')).inside(Date.UTC(2026, 10, 21, 12))).toBe(false);
});

test('a list for a day counts on that day by the clocks here, overnight as well', () => {
  const monday = { days: { monday: [{ begin: '22:00', end: '06:00' }] } };
  const at = (text: string): boolean => inside(monday, text, 'Europe/Berlin');
  expect(at('2026-11-22T22:59:59Z')).toBe(false);
  expect(at('2026-11-22T23:00:00Z')).toBe(true);
  expect(at('2026-11-23T04:59:59Z')).toBe(true);
  expect(at('2026-11-23T06:00:00Z')).toBe(false);
  expect(at('2026-11-23T21:00:00Z')).toBe(true);
  expect(at('2026-11-23T22:59:59.999Z')).toBe(true);
  expect(at('2026-11-23T23:00:00Z')).toBe(false);
  expect(at('2026-11-24T04:00:00Z')).toBe(false);
});

test('the list for all days and that of the day both count', () => {
  const windows = {
    days: { all: [{ begin: '1:00', end: '2:00' }], saturday: [{ begin: '3:00', end: '4:00' }] },
  };
  expect(inside(windows, '2026-11-21T01:30:00Z')).toBe(true);
  expect(inside(windows, '2026-11-21T03:30:00Z')).toBe(true);
  expect(inside(windows, '2026-11-22T01:30:00Z')).toBe(true);
  expect(inside(windows, '2026-11-22T03:30:00Z')).toBe(false);
  expect(planWindows({ days: {} }).inside(0)).toBe(false);
});

test('nothing is missing at midnight between two nights', () => {
  const plan = planWindows(all('17:00', '08:00'), BERLIN);
  const midnightMs = Date.parse('2026-11-21T23:00:00Z');
  for (let awayMs = -20; awayMs <= 20; awayMs++) expect(plan.inside(midnightMs + awayMs)).toBe(true);
});

/** When a window opens and closes within 24 hours in Berlin, to a quarter of an hour, UTC. */
function stretches(windows: TimeWindows, from: string): string[] {
  const plan = planWindows(windows, BERLIN);
  const found: string[] = [];
  let open = false;
  for (let atMs = Date.parse(from); atMs <= Date.parse(from) + DAY_MS; atMs += 15 * 60_000) {
    if (plan.inside(atMs) !== open) {
      open = !open;
      found.push(`${open ? 'from' : 'until'} ${new Date(atMs).toISOString().slice(11, 16)}`);
    }
  }
  return found;
}

test.each([
  // Clocks go from 02:00 to 03:00 at 01:00 UTC.
  ['spring', '2026-03-28T23:00:00Z', '01:30', '03:30', ['from 00:30', 'until 01:45']],
  ['spring', '2026-03-28T23:00:00Z', '02:30', '04:00', ['from 01:00', 'until 02:15']],
  ['spring', '2026-03-28T23:00:00Z', '01:00', '02:30', ['from 00:00', 'until 01:15']],
  ['spring', '2026-03-28T23:00:00Z', '23:00', '04:00', ['from 23:00', 'until 02:00', 'from 21:00']],
  // Clocks go from 03:00 to 02:00 at 01:00 UTC.
  ['autumn', '2026-10-24T22:00:00Z', '02:15', '02:45', ['from 00:15', 'until 02:00']],
  ['autumn', '2026-10-24T22:00:00Z', '01:00', '02:30', ['from 23:00', 'until 01:45']],
  ['autumn', '2026-10-24T22:00:00Z', '02:30', '03:00', ['from 00:30', 'until 02:15']],
  ['autumn', '2026-10-24T22:00:00Z', '23:00', '06:00', ['from 22:00', 'until 05:00', 'from 22:00']],
])('on the %s day from %s, %s to %s is %j', (_, from, begin, end, wanted) => {
  // A stretch that goes on at the end of the day is told without its end.
  expect(stretches(all(begin, end), from).slice(0, wanted.length)).toEqual(wanted);
});

test('where midnight itself is missing, the day begins when it can', () => {
  const windows = { days: { sunday: [{ begin: '00:00', end: '06:00' }] } };
  // In São Paulo, clocks went from 24:00 on Saturday to 01:00 on Sunday, at 03:00 UTC.
  expect(inside(windows, '2018-11-04T02:59:59.999Z', 'America/Sao_Paulo')).toBe(false);
  expect(inside(windows, '2018-11-04T03:00:00Z', 'America/Sao_Paulo')).toBe(true);
  expect(inside(windows, '2018-11-04T08:00:00.001Z', 'America/Sao_Paulo')).toBe(false);
});

/** The rule as a person would follow it at one moment, for clocks that never change. */
function followed(beginMs: number, endMs: number, offsetMs: number, nowMs: number): boolean {
  const midnightMs = Math.floor((nowMs + offsetMs) / DAY_MS) * DAY_MS - offsetMs;
  let [begin, end] = [midnightMs + beginMs, midnightMs + endMs];
  if (end < begin) {
    if (nowMs < end) begin = midnightMs;
    else end = midnightMs + DAY_MS - 1;
  }
  return nowMs >= begin && nowMs <= end;
}

test('whatever the times and the zone, a moment is inside as the rule says, in any order of asking', () => {
  const minutes = fc.integer({ min: 0, max: 24 * 60 - 1 });
  const text = (minute: number): string =>
    `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`;
  const zone = fc.integer({ min: -12, max: 14 });
  const nowMs = fc.integer({ min: 0, max: 4e9 }).map((seconds) => seconds * 1000);
  fc.assert(
    fc.property(minutes, minutes, zone, fc.array(nowMs, { maxLength: 12 }), (begin, end, hours, moments) => {
      const offset = `${hours < 0 ? '-' : '+'}${String(Math.abs(hours)).padStart(2, '0')}00`;
      const plan = planWindows(all(`${text(begin)} ${offset}`, `${text(end)} ${offset}`), BERLIN);
      const near = moments.flatMap((atMs) => [atMs, atMs + 60_000, atMs + DAY_MS]);
      const edges = moments.map(
        (atMs) => Math.floor(atMs / DAY_MS) * DAY_MS + begin * 60_000 - hours * HOUR_MS,
      );
      for (const atMs of [...near, ...edges, ...edges.map((edge) => edge - 1)]) {
        expect(plan.inside(atMs)).toBe(followed(begin * 60_000, end * 60_000, hours * HOUR_MS, atMs));
      }
    }),
    { numRuns: RANDOM_INPUTS },
  );
});

test('no text does harm', () => {
  const words = fc.array(
    fc.constantFrom(
      '5',
      ':',
      '17:00',
      '2026-11-21',
      'Nov',
      '21',
      '+',
      '-',
      '0200',
      'PM',
      'a.m.',
      'PST',
      'Europe/Berlin',
      '/',
      'T',
      'Z',
      '٣',
      '𝟙',
      '.',
      ' ',
    ),
    { maxLength: 9 },
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    words.map((parts) => parts.join(' ')),
    words.map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, text, fc.integer({ min: -8.64e15, max: 8.64e15 }), (begin, end, nowMs) => {
      const plan = planWindows(all(begin, end), BERLIN);
      expect(plan.problems.length).toBeLessThanOrEqual(2);
      expect(plan.inside(nowMs) && plan.problems.length > 0).toBe(false);
    }),
    { numRuns: RANDOM_INPUTS },
  );
});
