import { expect, test } from 'vitest';
import type { CheckResult, ExecutedCheck } from '../../model/check.ts';
import { turn } from '../../runtime/clock.ts';
import type { CheckState, ClientState } from '../../state/documents.ts';
import { stateName } from '../../state/documents.ts';
import { ManualClock } from '../../testing/clock.ts';
import { memoryLog } from '../../testing/log.ts';
import { until } from '../../testing/until.ts';
import { staleResult, TtlWatch } from './ttl-watch.ts';

const check = (extra: object = {}): ExecutedCheck => ({
  ...{
    name: 'disk',
    status: 0,
    output: 'fine',
    executed: 1000,
    issued: 999,
    interval: 10,
    ttl: 60,
    type: 'standard',
  },
  ...extra,
});
const stateOf = (extra: object = {}, takenAttendedMs: number | null = 0): CheckState => ({
  ...{ check: check(extra), history: [0], last_ok: 1000, event: null, taken: [] },
  today: { day: 0, ok: 1, warning: 0, critical: 0, unknown: 0 },
  ...(takenAttendedMs === null ? {} : { takenAttendedMs }),
});
const facts = { signature: 's3', now: 1060, attendedMs: 60_000, attendedBeforeMs: 0 };

test('a result as old as its ttl says so, with the old times and the interval of the watch', () => {
  expect(staleResult('i-42', stateOf(), facts)).toEqual({
    client: 'i-42',
    check: { ...check(), output: 'Last check execution was 60 seconds ago', status: 1, interval: 30 },
    signature: 's3',
  });
});

test.each<[string, CheckState, Partial<typeof facts>, number | undefined]>([
  ['a second too young', stateOf(), { now: 1059 }, undefined],
  ['taken a second too late', stateOf({}, 1), {}, undefined],
  ['not known when it was taken: since we listen', stateOf({}, null), { attendedBeforeMs: 1 }, undefined],
  ['not known when it was taken, and we listen for long enough', stateOf({}, null), {}, 1],
  ['resolved by somebody', stateOf({ force_resolve: true }), {}, undefined],
  ['without a ttl', stateOf({ ttl: undefined }), {}, undefined],
  ['never executed', stateOf({ executed: undefined }), {}, undefined],
  ['with a status of its own', stateOf({ ttl_status: 2 }), {}, 2],
  ['with a status that is none', stateOf({ ttl_status: '2' }), {}, 1],
])('%s', (_, state, extra, status) => {
  expect(staleResult('i-42', state, { ...facts, ...extra })?.check.status).toBe(status);
});

test('of a proxy client the origin stays the agent that ran it', () => {
  const stale = staleResult('switch', stateOf({ source: 'switch', origin: 'i-42' }), facts);
  expect(stale).toMatchObject({ client: 'i-42', check: { source: 'switch', origin: 'i-42' } });
});

function watching(states: Map<string, CheckState>, leaving: string[] = []) {
  const clock = new ManualClock(1_000_000);
  const log = memoryLog();
  const taken: CheckResult[][] = [];
  const answers: Promise<void>[] = [];
  const watch = new TtlWatch({
    views: {
      *namesWithTtl() {
        for (const [name, state] of states) if (state.check.ttl) yield name;
      },
      state: (client, name) => states.get(stateName(client, name)),
      client: () => ({ signature: 's3' }) as ClientState,
    },
    attendance: { attendedMs: () => clock.elapsed(), attendedHereMs: () => clock.elapsed() },
    take: (results) => {
      taken.push([...results]);
      return answers.shift() ?? Promise.resolve();
    },
    leaving: (client) => leaving.includes(client),
    clock,
    log,
  });
  watch.start();
  return { clock, log, taken, answers, watch };
}

test('every stale check is told every 30 s; not while its client is silent or leaves', async () => {
  const states = new Map<string, CheckState>(
    ['a', 'b', 'silent', 'leaving'].map((client) => [`${client}/disk`, stateOf()]),
  );
  states.set('silent/keepalive', { ...stateOf({ ttl: undefined }), event: {} as CheckState['event'] });
  const { clock, taken, watch } = watching(states, ['leaving']);
  await clock.advance(60_500);
  expect(taken).toEqual([]);
  await clock.advance(60_000);
  expect(taken.flat().map(({ client }) => client)).toEqual(['a', 'b', 'a', 'b']);
  await watch.stop();
  expect(clock.pending).toBe(0);
});

test('one that was renewed when its second comes is not told', async () => {
  const states = new Map(['a', 'b'].map((client) => [`${client}/disk`, stateOf()]));
  const { clock, taken, watch } = watching(states);
  await clock.advance(61_000);
  states.set('b/disk', stateOf({ executed: 1060 }, 61_000));
  await clock.advance(20_000);
  expect(taken.flat().map(({ client }) => client)).toEqual(['a']);
  await watch.stop();
});

test('a store that is away is asked again in the next round, and nothing piles up', async () => {
  const states = new Map(Array.from({ length: 60 }, (_, index) => [`c${index}/disk`, stateOf()]));
  const { clock, log, taken, answers, watch } = watching(states);
  let refuse = (_: Error): void => undefined;
  answers.push(new Promise<void>((_, reject) => (refuse = reject)));
  await clock.advance(80_000);
  expect(taken.length).toBe(1);
  refuse(new Error('no store'));
  await clock.advance(1_000);
  expect(log.lines.map(({ fields }) => fields.error)).toEqual(['no store']);
  await clock.advance(5_000);
  expect(taken.length).toBeGreaterThan(3);
  await watch.stop();
});

test('of very many checks only so many are looked at before other work gets a turn', async () => {
  const states = new Map(Array.from({ length: 30_000 }, (_, index) => [`c${index}/disk`, stateOf()]));
  const { clock, taken, watch } = watching(states);
  await clock.advance(59_500);
  let most = 0;
  let before = 0;
  let over = false;
  const beside = (async () => {
    for (; !over; before = taken.length) {
      await turn();
      most = Math.max(most, taken.length - before);
    }
  })();
  await clock.advance(1_000);
  await until(() => taken.flat().length === 1_000, 'the first share was taken');
  over = true;
  await beside;
  expect([most, ...taken.map(({ length }) => length)]).toEqual([1, 250, 250, 250, 250]);
  await watch.stop();
});
