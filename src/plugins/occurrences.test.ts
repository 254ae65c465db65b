import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../plugin.ts';
import { type EventOverrides, pluginContext, sampleEvent } from '../testing/plugin-context.ts';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { occurrences } from './occurrences.ts';

type Given = [
  check: Record<string, unknown>,
  event: Pick<EventOverrides, 'action' | 'occurrences' | 'occurrences_watermark'>,
];

const judged = ([check, event]: Given) =>
  occurrences.run(
    sampleEvent({ occurrences_watermark: event.occurrences ?? 1, ...event, check }),
    {},
    pluginContext(),
  );

describe('occurrences', () => {
  it.each<[string, Given, boolean]>([
    ['the first of one', [{}, { occurrences: 1 }], true],
    ['the second of one, 30 minutes later at the earliest', [{}, { occurrences: 2 }], false],
    ['the thirtieth after the first, at an interval of 60 s', [{}, { occurrences: 31 }], true],
    ['the one behind it', [{}, { occurrences: 32 }], false],
    ['too few', [{ occurrences: 3 }, { occurrences: 2 }], false],
    ['just enough', [{ occurrences: 3 }, { occurrences: 3 }], true],
    ['one too many', [{ occurrences: 3 }, { occurrences: 4 }], false],
    ['the refresh after three', [{ occurrences: 3, refresh: 120 }, { occurrences: 5 }], true],
    ['between two refreshes', [{ occurrences: 3, refresh: 120 }, { occurrences: 6 }], false],
    ['a refresh shorter than the interval', [{ refresh: 59 }, { occurrences: 2 }], true],
    ['a refresh of nothing', [{ refresh: 0 }, { occurrences: 7 }], true],
    ['a refresh of two and a half intervals', [{ refresh: 150 }, { occurrences: 3 }], true],
    ['a longer interval', [{ interval: 600 }, { occurrences: 4 }], true],
    ['no interval counts as 60 s', [{ interval: undefined }, { occurrences: 31 }], true],
    ['no interval counts as 60 s, and no less', [{ interval: undefined }, { occurrences: 30 }], false],
    ['an interval of 0 counts as 60 s', [{ interval: 0 }, { occurrences: 30 }], false],
    ['flapping is told again like a problem', [{}, { action: 'flapping', occurrences: 31 }], true],
    ['flapping in between', [{}, { action: 'flapping', occurrences: 30 }], false],
    [
      'a resolve of what was told',
      [{ occurrences: 3 }, { action: 'resolve', occurrences: 1, occurrences_watermark: 3 }],
      true,
    ],
    [
      'a resolve of what was never told',
      [{ occurrences: 3 }, { action: 'resolve', occurrences: 2, occurrences_watermark: 2 }],
      false,
    ],
    ['a resolve between two refreshes', [{}, { action: 'resolve', occurrences: 5 }], true],
    ['numbers as text', [{ occurrences: '3', refresh: ' 120 ' }, { occurrences: 5 }], true],
    ['numbers as text that hold back', [{ occurrences: '3', refresh: '120' }, { occurrences: 4 }], false],
    ['a fraction loses it', [{ occurrences: 2.9 }, { occurrences: 2 }], true],
    ['text that is no number counts as missing', [{ occurrences: 'three' }, { occurrences: 1 }], true],
    ['a refresh that is no number counts as missing', [{ refresh: 'often' }, { occurrences: 30 }], false],
    ['null counts as missing', [{ occurrences: null, refresh: null }, { occurrences: 31 }], true],
    ['an object counts as missing', [{ occurrences: {}, refresh: [] }, { occurrences: 2 }], false],
  ])('%s', (_, given, passes) => {
    expect(judged(given) === null).toBe(passes);
  });

  it.each<[Given, string, unknown]>([
    [
      [{ occurrences: 3 }, { occurrences: 2 }],
      'the check asks for 3 occurrences in a row, and this is number 2',
      { attribute: 'occurrences', value: 2 },
    ],
    [
      [{ occurrences: 3, refresh: 600 }, { occurrences: 5 }],
      'it was told at occurrence 3 and is told again every 10 occurrences ("refresh"): this is number 5, the next to be told is number 13',
      { attribute: 'occurrences', value: 5 },
    ],
    [
      [{ occurrences: 3 }, { action: 'resolve', occurrences: 1, occurrences_watermark: 2 }],
      'the problem was never told: it came 2 times in a row, and the check asks for 3',
      { attribute: 'occurrences_watermark', value: 2 },
    ],
  ])('%j says why', (given, why, seen) => {
    expect(judged(given)).toEqual({ why, seen });
  });

  it('says truly which number is told next', () => {
    const number = fc.integer({ min: 1, max: 500 });
    fc.assert(
      fc.property(number, number, number, number, (wanted, refresh, interval, count) => {
        const check = { occurrences: wanted, refresh, interval };
        const said = judged([check, { occurrences: count }]);
        const next = /number (\d+)$/.exec(said?.why ?? '')?.[1];
        if (count < wanted || said === null) return;
        expect(judged([check, { occurrences: Number(next) }])).toBeNull();
        for (let between = count; between < Number(next); between++) {
          expect(judged([check, { occurrences: between }])).not.toBeNull();
        }
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  it('takes an interval that is no number for none', () => {
    const event = sampleEvent({ occurrences: 2 });
    const check = { ...event.check, occurrences: {}, refresh: [], interval: { toString: false } };
    expect(occurrences.run({ ...event, check } as unknown as Event, {}, pluginContext())).toMatchObject({
      why: expect.stringContaining('every 30 occurrences'),
    });
  });

  it('never throws, whatever a check holds', () => {
    const check = fc.record({ occurrences: fc.anything(), refresh: fc.anything(), interval: fc.jsonValue() });
    fc.assert(
      fc.property(check, fc.integer(), (given, count) => {
        const event = sampleEvent({ occurrences: count });
        occurrences.run({ ...event, check: { ...event.check, ...given } } as Event, {}, pluginContext());
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });
});
