import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { type Cron, parseCron } from './cron.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const BERLIN = { timeZone: 'Europe/Berlin' };
/** In these two nights of 2026, clocks in Berlin go from 02:00 to 03:00, and from 03:00 back to 02:00. */
const SPRING_MS = Date.UTC(2026, 2, 29, 1);
const AUTUMN_MS = Date.UTC(2026, 9, 25, 1);

function cronOf(text: string, timeZone = 'UTC'): Cron {
  const { cron, problem } = parseCron(text, { timeZone });
  if (!cron) throw new Error(problem);
  return cron;
}

/** The next moments after one, as ISO texts without their seconds. */
function nextOnes(cron: Cron, after: string, count = 1): string[] {
  const moments: string[] = [];
  let atMs: number | undefined = Date.parse(after);
  for (let index = 0; index < count; index++) {
    atMs = cron.next(atMs);
    if (atMs === undefined) return [...moments, 'never'];
    expect(atMs % MINUTE_MS).toBe(0);
    moments.push(new Date(atMs).toISOString().slice(0, 16));
  }
  return moments;
}

test.each([
  ['* * * * *', '2011-08-15T12:00', '2011-08-15T12:01'],
  ['* * * * *', '2011-08-15T12:59:59.999', '2011-08-15T13:00'],
  ['*/15 * * * *', '2011-08-15T02:02', '2011-08-15T02:15'],
  ['*/15,25 * * * *', '2011-08-15T02:15', '2011-08-15T02:25'],
  ['5-20/5 * * * *', '2011-08-15T02:20', '2011-08-15T03:05'],
  ['30 3,6,9 * * *', '2011-08-15T02:15', '2011-08-15T03:30'],
  ['30 9 * * *', '2011-08-31T10:15', '2011-09-01T09:30'],
  ['0 9 * * *', '2011-12-31T10:15', '2012-01-01T09:00'],
  ['* * 12 * *', '2010-04-15T10:15', '2010-05-12T00:00'],
  ['* * * * 1,3', '2010-04-15T10:15', '2010-04-19T00:00'],
  ['* * * * MON,WED', '2010-04-15T10:15', '2010-04-19T00:00'],
  ['0 0 1 1 *', '2010-04-15T10:15', '2011-01-01T00:00'],
  ['0 0 1 JAN *', '2010-04-15T10:15', '2011-01-01T00:00'],
  ['0 0 * * 1', '2011-08-01T00:00', '2011-08-08T00:00'],
  ['45 23 7 3 *', '2011-01-01T00:00', '2011-03-07T23:45'],
  ['0 0 1 1 */2', '2011-01-01T00:01', '2011-01-02T00:00'],
  ['1 2 3 4 7', '2014-04-04T15:56', '2014-04-06T02:01'],
  ['1 2 3 4 sun', '2014-04-04T15:56', '2014-04-06T02:01'],
  ['1 2 3 4 0', '2014-04-06T02:01', '2014-04-13T02:01'],
  ['0 0 * * fri-sun', '2026-11-21T12:00', '2026-11-22T00:00'],
  ['0 0 * * 5-7', '2026-11-21T12:00', '2026-11-22T00:00'],
  ['0 0 * * mon-fri/2', '2026-11-21T12:00', '2026-11-23T00:00'],
  ['0 0 13 * fri', '2026-11-01T00:00', '2026-11-06T00:00'],
  ['0 0 13 * *', '2026-11-01T00:00', '2026-11-13T00:00'],
  ['0 0 1-31 * mon', '2026-11-21T12:00', '2026-11-22T00:00'],
  ['0 0 29 2 *', '2096-03-01T00:00', '2104-02-29T00:00'],
  ['59 23 31 12 *', '2026-12-31T23:59', '2027-12-31T23:59'],
  ['*/99 * * * *', '2026-11-21T12:30', '2026-11-21T13:00'],
  ['  0   12\t* * *  ', '2026-11-21T12:30', '2026-11-22T12:00'],
  ['0 12 * * * 2031', '2026-11-21T12:30', '2026-11-22T12:00'],
  ['0 12 * * * nonsense', '2026-11-21T12:30', '2026-11-22T12:00'],
  ['@yearly', '2026-11-21T12:30', '2027-01-01T00:00'],
  ['@annually', '2026-11-21T12:30', '2027-01-01T00:00'],
  ['@monthly', '2026-11-21T12:30', '2026-12-01T00:00'],
  ['@weekly', '2026-11-21T12:30', '2026-11-22T00:00'],
  ['@daily', '2026-11-21T12:30', '2026-11-22T00:00'],
  ['@midnight', '2026-11-21T12:30', '2026-11-22T00:00'],
  ['@hourly', '2026-11-21T12:30', '2026-11-21T13:00'],
])('%s after %s is %s', (text, after, wanted) => {
  expect(nextOnes(cronOf(text), `${after.padEnd(16)}${after.length > 16 ? '' : ':00'}Z`)).toEqual([wanted]);
});

test.each([
  ['60 * * * *'],
  ['* 24 * * *'],
  ['* * 32 * *'],
  ['* * 0 * *'],
  ['* * * 13 *'],
  ['* * * * 8'],
  ['* * * * 9-12'],
  ['70-90/5 * * * *'],
  ['0 0 31 2 *'],
  ['0 0 30 2 *'],
  ['0 0 31 4,6,9,11 *'],
  ['0 0 32 * 8'],
])('%s can be read and never comes', (text) => {
  expect(nextOnes(cronOf(text), '2026-11-21T12:00:00Z')).toEqual(['never']);
});

test.each([
  ['0,99 * * * *', '2026-11-21T13:00'],
  ['58-70 * * * *', '2026-11-21T12:58'],
  ['0 0 31 2 mon', '2027-02-01T00:00'],
  ['0 0 32 * mon', '2026-11-23T00:00'],
  ['0 0 25 * 9', '2026-11-25T00:00'],
])('what cannot be in %s leaves the rest in force', (text, wanted) => {
  expect(nextOnes(cronOf(text), '2026-11-21T12:00:00Z')).toEqual([wanted]);
});

test.each([
  ['', 'it has 0 fields, where five are wanted'],
  ['5', 'it has 1 field,'],
  ['* * * *', 'it has 4 fields,'],
  ['* * * * * * *', 'it has 7 fields,'],
  ['@reboot', '"@reboot" is no time'],
  ['@Daily', '"@Daily" is none of @yearly, '],
  ['@constructor', 'is none of'],
  ['valueOf', 'it has 1 field,'],
  ['5/10 * * * *', '"5/10" has a step without a range; write "*/10" or "5-59/10"'],
  ['*/0 * * * *', '"*/0" goes on by steps of 0'],
  ['1-5/0 * * * *', 'goes on by steps of 0'],
  ['20-10 * * * *', 'the range "20-10" goes backwards'],
  ['0 0 * nov-feb *', 'the range "nov-feb" goes backwards'],
  ['a * * * *', '"a" is no minute'],
  ['* mon * * *', '"mon" is no hour'],
  ['* * jan * *', '"jan" is no day of the month'],
  ['* * * mon *', '"mon" is no month'],
  ['* * * * jan', '"jan" is no day of the week'],
  ['* * * * monday', '"monday" is no day of the week'],
  ['1,,2 * * * *', '"" is no minute'],
  ['-1 * * * *', '"-1" is no minute'],
  ['1-2-3 * * * *', '"1-2-3" is no minute'],
  ['? * * * *', '"?" is no minute'],
  ['0 0 L * *', '"L" is no day of the month'],
  ['0 0 * * 5#3', '"5#3" is no day of the week'],
  [`${'1,'.repeat(600)}1 * * * *`, 'it is longer than 1000 characters'],
])('%s cannot be read: %s', (text, problem) => {
  expect(parseCron(text).problem).toContain(problem);
  expect(parseCron(text).cron).toBeUndefined();
});

test('a time zone that there is not is told', () => {
  expect(parseCron('* * * * *', { timeZone: 'Europe/Nowhere' }).problem).toBe(
    'there is no time zone "Europe/Nowhere"',
  );
});

test('without a time zone, it is the one of this process', () => {
  const { cron } = parseCron('30 13 * * *');
  const next = new Date(cron?.next(Date.UTC(2026, 6, 1)) ?? Number.NaN);
  expect([next.getHours(), next.getMinutes(), next.getSeconds()]).toEqual([13, 30, 0]);
});

test('moments that no calendar has are never followed by one', () => {
  for (const afterMs of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 8.64e15, -8.64e15]) {
    expect(cronOf('* * * * *', 'Europe/Berlin').next(afterMs)).toBeUndefined();
  }
});

describe('the hour that is missing', () => {
  const spring = (text: string, count: number): string[] =>
    nextOnes(cronOf(text, 'Europe/Berlin'), '2026-03-29T00:45:00Z', count);

  it.each([
    ['30 2 * * *', ['2026-03-29T01:00', '2026-03-30T00:30']],
    ['*/10 2 * * *', ['2026-03-29T01:00', '2026-03-30T00:00', '2026-03-30T00:10']],
    ['30 2,3 * * *', ['2026-03-29T01:00', '2026-03-29T01:30', '2026-03-30T00:30']],
    ['0 3 * * *', ['2026-03-29T01:00', '2026-03-30T01:00']],
    ['*/30 * * * *', ['2026-03-29T01:00', '2026-03-29T01:30', '2026-03-29T02:00']],
    ['59 1 * * *', ['2026-03-29T00:59', '2026-03-29T23:59']],
  ])('%s runs once just after it', (text, wanted) => {
    expect(spring(text, wanted.length)).toEqual(wanted);
  });

  it('is not made up for when asked after it', () => {
    expect(nextOnes(cronOf('30 2 * * *', 'Europe/Berlin'), '2026-03-29T01:00:00Z')).toEqual([
      '2026-03-30T00:30',
    ]);
  });
});

describe('the doubled hour', () => {
  const autumn = (text: string, count: number): string[] =>
    nextOnes(cronOf(text, 'Europe/Berlin'), '2026-10-24T23:50:00Z', count);

  it.each([
    ['30 2 * * *', ['2026-10-25T00:30', '2026-10-26T01:30']],
    ['*/30 2 * * *', ['2026-10-25T00:00', '2026-10-25T00:30', '2026-10-26T01:00']],
    ['*/30 * * * *', ['2026-10-25T00:00', '2026-10-25T00:30', '2026-10-25T02:00', '2026-10-25T02:30']],
    ['0 3 * * *', ['2026-10-25T02:00', '2026-10-26T02:00']],
  ])('%s runs at its first showing alone', (text, wanted) => {
    expect(autumn(text, wanted.length)).toEqual(wanted);
  });

  it('holds when asked from within its second showing', () => {
    expect(nextOnes(cronOf('30 2 * * *', 'Europe/Berlin'), '2026-10-25T01:10:00Z')).toEqual([
      '2026-10-26T01:30',
    ]);
  });
});

test.each([
  ['America/New_York', '30 2 * * *', '2026-03-08T06:00:00Z', ['2026-03-08T07:00', '2026-03-09T06:30']],
  ['America/New_York', '30 1 * * *', '2026-11-01T05:00:00Z', ['2026-11-01T05:30', '2026-11-02T06:30']],
  // Half an hour is missing, and doubled.
  ['Australia/Lord_Howe', '15 2 * * *', '2026-10-03T15:00:00Z', ['2026-10-03T15:30', '2026-10-04T15:15']],
  ['Australia/Lord_Howe', '45 1 * * *', '2026-04-04T14:00:00Z', ['2026-04-04T14:45', '2026-04-05T15:15']],
  // Midnight is missing.
  ['America/Sao_Paulo', '0 0 * * *', '2018-11-03T20:00:00Z', ['2018-11-04T03:00', '2018-11-05T02:00']],
  // A whole day is missing.
  ['Pacific/Apia', '0 12 30 12 *', '2011-12-29T10:00:00Z', ['2011-12-30T10:00', '2012-12-29T22:00']],
  ['Asia/Kathmandu', '0 12 * * *', '2026-11-21T00:00:00Z', ['2026-11-21T06:15']],
])('in %s, %s after %s', (timeZone, text, after, wanted) => {
  expect(nextOnes(cronOf(text, timeZone), after, wanted.length)).toEqual(wanted);
});

/** A field with what it means: the text, and whether a value fits it. */
interface Field {
  text: string;
  fits: (value: number) => boolean;
}

function field(lowest: number, highest: number): fc.Arbitrary<Field> {
  const number = fc.integer({ min: lowest, max: highest });
  const one = number.map((wanted) => ({ text: `${wanted}`, fits: (value: number) => value === wanted }));
  const star = fc.constant({ text: '*', fits: () => true });
  const stepped = fc.integer({ min: 1, max: highest }).map((step) => ({
    text: `*/${step}`,
    fits: (value: number) => (value - lowest) % step === 0,
  }));
  const range = fc.tuple(number, number, fc.integer({ min: 1, max: 9 })).map(([one, other, step]) => {
    const [from, to] = [Math.min(one, other), Math.max(one, other)];
    const fits = (value: number): boolean => value >= from && value <= to && (value - from) % step === 0;
    return { text: `${from}-${to}/${step}`, fits };
  });
  const list = fc.tuple(one, range).map(([left, right]) => ({
    text: `${left.text},${right.text}`,
    fits: (value: number) => left.fits(value) || right.fits(value),
  }));
  return fc.oneof(star, one, stepped, range, list);
}

/** Whether the cron fits what a clock shows, told as Unix milliseconds of a clock in UTC. */
function fitsWall([minute, hour, day, month, weekday]: readonly Field[], wallMs: number): boolean {
  const wall = new Date(wallMs);
  const fitsDay = day?.fits(wall.getUTCDate()) ?? false;
  const fitsWeekday = weekday?.fits(wall.getUTCDay()) ?? false;
  const either = day?.text !== '*' && weekday?.text !== '*';
  return (
    minute?.fits(wall.getUTCMinutes()) === true &&
    hour?.fits(wall.getUTCHours()) === true &&
    month?.fits(wall.getUTCMonth() + 1) === true &&
    (either ? fitsDay || fitsWeekday : fitsDay && fitsWeekday)
  );
}

/** Minute by minute, with what is known of Berlin in 2026; undefined: not until `endMs`. */
function searched(fields: readonly Field[], afterMs: number, endMs: number): number | undefined {
  const wallAt = (atMs: number): number => atMs + (atMs >= SPRING_MS && atMs < AUTUMN_MS ? 2 : 1) * HOUR_MS;
  for (let atMs = Math.floor(afterMs / MINUTE_MS + 1) * MINUTE_MS; atMs <= endMs; atMs += MINUTE_MS) {
    if (atMs >= AUTUMN_MS && atMs < AUTUMN_MS + HOUR_MS) continue;
    const skipped = atMs === SPRING_MS ? 60 : 0;
    for (let back = skipped; back >= 0; back--) {
      if (fitsWall(fields, wallAt(atMs) - back * MINUTE_MS)) return atMs;
    }
  }
  return undefined;
}

test('whatever the fields, next is what a search minute by minute finds, through both nights', () => {
  const fields = fc.tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6));
  const after = fc
    .tuple(fc.constantFrom(SPRING_MS, AUTUMN_MS), fc.integer({ min: -30 * HOUR_MS, max: 30 * HOUR_MS }))
    .map(([nightMs, awayMs]) => nightMs + awayMs);
  fc.assert(
    fc.property(fields, fc.array(after, { minLength: 1, maxLength: 3 }), (parts, afters) => {
      const cron = cronOf(parts.map(({ text }) => text).join(' '), 'Europe/Berlin');
      for (const afterMs of afters) {
        const nextMs = cron.next(afterMs) ?? Number.POSITIVE_INFINITY;
        expect(nextMs).toBeGreaterThan(afterMs);
        const endMs = afterMs + 2 * DAY_MS;
        expect(nextMs <= endMs ? nextMs : undefined).toBe(searched(parts, afterMs, endMs));
      }
    }),
    { numRuns: RANDOM_INPUTS },
  );
});

test('no text does harm, and what can be read answers with a later minute or never', () => {
  const crooked = fc.string({
    unit: fc.constantFrom(...'0123456789*/-, \t@LW#?jansunfri'.split('')),
    maxLength: 40,
  });
  const halfWay = fc.array(fc.stringMatching(/^[0-9*/,-]{1,6}$/), { minLength: 4, maxLength: 7 });
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    crooked,
    halfWay.map((fields) => fields.join(' ')),
  );
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 4e12 }), (any, afterMs) => {
      const { cron, problem } = parseCron(any, BERLIN);
      expect(problem).not.toBe('');
      const nextMs = cron?.next(afterMs);
      if (nextMs === undefined) return;
      expect(nextMs).toBeGreaterThan(afterMs);
      expect(nextMs % MINUTE_MS).toBe(0);
    }),
    { numRuns: RANDOM_INPUTS },
  );
});
