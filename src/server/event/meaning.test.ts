import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ExecutedCheck } from '../../model/check.ts';
import type { Event } from '../../model/event.ts';
import type { CheckState } from '../../state/documents.ts';
import { applyResult, type Meaning } from './meaning.ts';

const client = { name: 'i-42', address: '10.0.0.9', subscriptions: ['client:i-42'], timestamp: 1 };

/** Applies results one after another, a second apart from 1000 on, and gives what each meant. */
function play(checks: Partial<ExecutedCheck>[], start = 1000): Meaning[] {
  const meanings: Meaning[] = [];
  let state: CheckState | undefined;
  checks.forEach((check, index) => {
    const meaning = applyResult(state, {
      client,
      check: {
        name: 'disk',
        output: 'x\n',
        status: 0,
        type: 'standard',
        executed: start + index,
        ...check,
      } as ExecutedCheck,
      now: start + index,
      newId: () => `id-${index}`,
      taken: [],
    });
    state = meaning.state;
    meanings.push(meaning);
  });
  return meanings;
}

const statuses = (...list: number[]): Partial<ExecutedCheck>[] => list.map((status) => ({ status }));

function summary(event: Event | null) {
  return (
    event && [
      event.id,
      event.action,
      event.check.status,
      event.occurrences,
      event.occurrences_watermark,
      event.last_state_change,
    ]
  );
}

test('statuses 1, 1, 2, 0 give the sequence of the original', () => {
  const meanings = play(statuses(1, 1, 2, 0));
  expect(meanings.map(({ event }) => summary(event))).toEqual([
    ['id-0', 'create', 1, 1, 1, 1000],
    ['id-0', 'create', 1, 2, 2, 1000],
    ['id-0', 'create', 2, 1, 2, 1002],
    ['id-0', 'resolve', 0, 1, 2, 1003],
  ]);
  expect(meanings[3]?.event?.check.history).toEqual(['1', '1', '2', '0']);
  expect(meanings[3]?.state.event).toBeNull();
});

test('what a stale result changes is logged at the time of its discovery, not of the old execution', () => {
  const [first] = play(statuses(0));
  const facts = {
    ...{ client, now: 5000, newId: () => 'id', taken: [] },
    check: {
      ...(first?.state.check as ExecutedCheck),
      status: 1,
      output: 'Last check execution was long ago',
    },
  };
  expect(applyResult(first?.state, { ...facts, stale: true }).transition?.timestamp).toBe(5000);
  expect(applyResult(first?.state, facts).transition?.timestamp).toBe(1000);
});

test('an event has its members in the order of the original', () => {
  const [first] = play(statuses(2));
  expect(Object.keys(first?.event ?? {})).toEqual([
    'id',
    'client',
    'check',
    'occurrences',
    'occurrences_watermark',
    'last_ok',
    'action',
    'timestamp',
    'last_state_change',
    'silenced',
    'silenced_by',
  ]);
  expect(first?.event?.last_ok).toBeNull();
});

test('a plain OK makes no event; an OK metric makes one that is not kept', () => {
  expect(play(statuses(0))[0]?.event).toBeNull();
  const [metric] = play([{ status: 0, type: 'metric' }]);
  expect(summary(metric?.event ?? null)).toEqual(['id-0', 'create', 0, 1, 1, undefined]);
  expect(metric?.event && 'last_state_change' in metric.event).toBe(false);
  expect(metric?.state.event).toBeNull();
});

test('auto_resolve false keeps the event and tells nobody of the OK; force_resolve removes it', () => {
  const meanings = play([
    { status: 2, auto_resolve: false },
    { status: 0, auto_resolve: false },
    { status: 0, auto_resolve: false, force_resolve: true },
  ]);
  expect(meanings[1]?.event).toBeNull();
  expect(meanings[1]?.state.event?.check.status).toBe(2);
  expect(meanings[1]?.state.history).toEqual([2, 0]);
  expect(meanings[2]?.event?.action).toBe('resolve');
  expect(meanings[2]?.state.event).toBeNull();
});

test('a wiped registry with a remembered history counts from 2', () => {
  const [first] = play(statuses(1));
  const state = { ...(first as Meaning).state, event: null };
  const next = applyResult(state, {
    client,
    check: { name: 'disk', output: 'x', status: 1 } as ExecutedCheck,
    now: 2000,
    newId: () => 'new',
    taken: [],
  });
  expect(summary(next.event)).toEqual(['new', 'create', 1, 2, 2, undefined]);
});

test('a check that alternates flaps from the high threshold on, keeps its event on OK, and resolves when calm', () => {
  const thresholds = { low_flap_threshold: 5, high_flap_threshold: 20 };
  const restless = Array.from({ length: 26 }, (_, index) => ({
    status: index % 2 === 0 ? 2 : 0,
    ...thresholds,
  }));
  const calm = Array.from({ length: 26 }, () => ({ status: 0, ...thresholds }));
  const meanings = play([...restless, ...calm]);
  expect(meanings[25]?.event?.action).toBe('flapping');
  expect(meanings[25]?.state.event?.action).toBe('flapping');
  const resolves = meanings.filter(({ event }) => event?.action === 'resolve');
  expect(resolves.at(-1)?.state.event).toBeNull();
  expect(meanings.at(-1)?.state.event).toBeNull();
});

test('force_resolve ends a flapping event, whose last word is still "flapping"', () => {
  const thresholds = { low_flap_threshold: 5, high_flap_threshold: 20 };
  const restless = Array.from({ length: 22 }, (_, index) => ({
    status: index % 2 === 0 ? 2 : 0,
    ...thresholds,
  }));
  const last = play([...restless, { status: 0, force_resolve: true, ...thresholds }]).at(-1);
  expect(last?.event?.action).toBe('flapping');
  expect(last?.state.event).toBeNull();
});

test('last_ok is when the check was last run with status 0', () => {
  const meanings = play(statuses(0, 1, 1));
  expect(meanings[2]?.event?.last_ok).toBe(1000);
  expect(meanings[2]?.state.last_good?.executed).toBe(1000);
  expect(meanings[0]?.state.last_good).toBeUndefined();
});

test('transitions are logged when the status changes, and only then', () => {
  const meanings = play(statuses(0, 0, 1, 1, 0));
  expect(
    meanings.map(({ transition }) => transition && [transition.from, transition.status, transition.action]),
  ).toEqual([[null, 0, null], null, [0, 1, 'create'], null, [1, 0, 'resolve']]);
});

test('results are counted by UTC day, and the day that ended is logged', () => {
  const midnight = 20_000 * 86_400;
  const meanings = play(statuses(0, 2, 0), midnight - 2);
  expect(meanings.map(({ day }) => day)).toEqual([
    null,
    null,
    { day: 19_999, ok: 1, warning: 0, critical: 1, unknown: 0 },
  ]);
  expect(meanings[2]?.state.today).toEqual({ day: 20_000, ok: 1, warning: 0, critical: 0, unknown: 0 });
});

test('a clock that was far ahead for a while does not keep days from ending', () => {
  const day = 20_000 * 86_400;
  let state: CheckState | undefined;
  const days = [0, 70 * 365, 1, 1, 2].map((offset) => {
    const now = day + offset * 86_400;
    const check = { name: 'disk', output: '', status: 0 } as ExecutedCheck;
    const meaning = applyResult(state, { client, check, now, newId: () => 'id', taken: [] });
    state = meaning.state;
    return meaning.day?.day ?? null;
  });
  expect(days).toEqual([null, 20_000, 20_000 + 70 * 365, null, 20_001]);
});

test.each<[string, Partial<ExecutedCheck>, string]>([
  ['standard is stored whole', { output: 'a\nb\n' }, 'a\nb\n'],
  ['metric keeps the first line', { type: 'metric', output: 'a\nb\n' }, 'a\n...'],
  ['metric of one short line loses its newline', { type: 'metric', output: 'a\n' }, 'a'],
  [
    'metric with truncate_output false is stored whole',
    { type: 'metric', truncate_output: false, output: 'a\nb' },
    'a\nb',
  ],
  ['255 characters stay', { type: 'metric', output: 'x'.repeat(255) }, 'x'.repeat(255)],
  ['256 characters are one too many', { type: 'metric', output: 'x'.repeat(256) }, `${'x'.repeat(256)}\n...`],
  [
    'a length of its own',
    { truncate_output: true, truncate_output_length: 3, output: 'abcdef' },
    'abcd\n...',
  ],
  ['nothing', { type: 'metric', output: '' }, ''],
])('stored output: %s', (_, check, expected) => {
  const [meaning] = play([{ status: 1, ...check }]);
  expect(meaning?.state.check.output).toBe(expected);
  expect(meaning?.event?.check.output).toBe(check.output);
});

test('whatever the statuses, the event follows from them', () => {
  const status = fc.constantFrom(0, 0, 0, 1, 2, 3, 127);
  fc.assert(
    fc.property(fc.array(status, { minLength: 1, maxLength: 60 }), (list) => {
      const meanings = play(statuses(...list));
      meanings.forEach(({ state, event }, index) => {
        const now = list[index] as number;
        // An event is open exactly while the last status is not OK.
        expect(state.event !== null).toBe(now !== 0);
        expect(state.history).toEqual(list.slice(0, index + 1).slice(-21));
        // Somebody is told of each problem, and once of its end.
        expect(event !== null).toBe(now !== 0 || (index > 0 && list[index - 1] !== 0));
        if (event && now !== 0) {
          let run = 0;
          while (run <= index && list[index - run] === now) run++;
          expect(event.occurrences).toBe(run);
          expect(event.occurrences_watermark).toBeGreaterThanOrEqual(run);
        }
        // One id from the first problem to its resolve.
        const before = meanings[index - 1]?.state.event;
        if (event && before) expect(event.id).toBe(before.id);
      });
    }),
  );
});
