import { expect } from 'vitest';
import { TocsinError } from '../../runtime/errors.ts';
import type { Incoming } from '../../transport/port.ts';
import { until } from '../until.ts';
import { bodies, type ContractCase, type Fate, gate, WAITING_LIMIT } from './harness.ts';

const states = (fates: readonly Fate[]): Set<Fate['state']> => new Set(fates.map((fate) => fate.state));
const oneTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const kindOf = (fate: Fate | undefined): string =>
  fate?.error instanceof TocsinError ? fate.error.kind : 'none';

const acknowledged: ContractCase = {
  must: 8,
  title: 'publishing resolves only after the consumer’s promise did, or when a broker keeps the message',
  async run(at) {
    const taking = gate();
    const { batches } = await at.consume(() => taking.promise);
    let taken = 0;
    await at.server.consumeKeepalives(
      async (batch) => {
        taken += batch.length;
        await taking.promise;
      },
      { size: 10, spacingMs: 0 },
    );
    const fates = at.publish(3);
    const keepalive = at.follow(
      'publishing a keepalive',
      at.agent.publishKeepalive({ body: { name: 'i-42' } }),
    );
    await until(() => batches.length > 0 && taken === 1, 'results and keepalive were handed out');
    await at.travel();
    expect(states([...fates, keepalive])).toEqual(new Set([at.confirms ? 'resolved' : 'pending']));
    taking.open();
    await until(() => !states([...fates, keepalive]).has('pending'), 'all were acknowledged');
    expect(states([...fates, keepalive])).toEqual(new Set(['resolved']));
  },
};

const handedOutAgain: ContractCase = {
  must: 9,
  title: 'a rejected batch is handed out again, marked, after a rest that doubles',
  async run(at) {
    const { batches } = await at.consume((_, count) =>
      count <= 3 ? Promise.reject(new Error('the store is away')) : Promise.resolve(),
    );
    const fates = at.publish(3);
    await until(() => batches.length === 1, 'the batch was handed out');
    for (const [index, restMs] of [100, 200, 400].entries()) {
      await at.travel();
      await at.clock.advance(restMs - 1);
      await at.travel();
      expect(batches.length).toBe(index + 1);
      await at.clock.advance(1);
      await until(() => batches.length === index + 2, 'the batch was handed out again');
    }
    await until(() => !states(fates).has('pending'), 'all were acknowledged');
    await until(() => bodies(batches).includes(3), 'the last was handed out');
    expect(states(fates)).toEqual(new Set(['resolved']));
    const first = bodies(batches.slice(0, 1));
    expect(bodies(batches.slice(3, 4)).slice(0, first.length)).toEqual(first);
    for (const [index, batch] of batches.entries()) {
      const before = bodies(batches.slice(0, index));
      for (const { body, redelivered } of batch) expect(redelivered).toBe(before.includes(body));
    }
  },
};

const throwsAtOnce: ContractCase = {
  must: 9,
  title: 'a consumer that throws before it returns a promise has rejected the batch',
  async run(at) {
    const { batches } = await at.consume((_, count) => {
      if (count === 1) throw new Error('not even a promise');
      return Promise.resolve();
    });
    const [fate] = at.publish(1);
    await until(() => batches.length === 1, 'the batch was handed out');
    await at.travel();
    await at.clock.advance(100);
    await until(() => fate?.state === 'resolved' && batches.length === 2, 'it was acknowledged');
    expect(batches[1]?.[0]?.redelivered).toBe(true);
  },
};

const restIsBounded: ContractCase = {
  must: 9,
  title: 'a consumer never rests longer than 5 s, and not at all once it took a batch',
  async run(at) {
    const triedAtMs: number[] = [];
    const { batches } = await at.consume((_, count) => {
      triedAtMs.push(at.clock.elapsed());
      return count <= 12 ? Promise.reject(new Error('the store is away')) : Promise.resolve();
    });
    at.publish(1);
    await until(() => batches.length === 1, 'the batch was handed out');
    await at.travel();
    await at.clock.advance(60_000);
    await until(() => batches.length === 13, 'it was taken');
    const restsMs = triedAtMs.slice(1).map((atMs, index) => atMs - (triedAtMs[index] ?? 0));
    expect(restsMs).toEqual([100, 200, 400, 800, 1_600, 3_200, ...restsMs.slice(6).map(() => 5_000)]);
    await at.travel();
    at.publish(1, 2);
    await until(() => batches.length === 14, 'the next was handed out at once');
  },
};

const order: ContractCase = {
  must: 10,
  title: 'one consumer gets one agent’s results in order, also after a rejection',
  async run(at) {
    const taken: unknown[] = [];
    await at.consume(
      async (batch) => {
        if (taken.length === 8) {
          taken.push('rejected');
          throw new Error('the store is away');
        }
        taken.push(...batch.map((message) => message.body));
      },
      { size: 4, spacingMs: 0 },
    );
    at.publish(18);
    await until(() => taken.includes('rejected'), 'a batch was rejected while others waited');
    at.publish(2, 19);
    await at.travel();
    await at.clock.advance(100);
    await until(() => taken.length === 21, 'all were taken');
    expect(taken.filter((body) => body !== 'rejected')).toEqual(oneTo(20));
  },
};

const oneBatchInHand: ContractCase = {
  must: 11,
  title: 'a consumer has one batch in hand, of at least one message and at most `size`',
  async run(at) {
    let inHand = 0;
    let most = 0;
    const { batches } = await at.consume(
      async () => {
        inHand += 1;
        most = Math.max(most, inHand);
        await at.travel();
        inHand -= 1;
      },
      { size: 7, spacingMs: 0 },
    );
    at.publish(40);
    await until(() => bodies(batches).length === 40, 'all were handed out');
    expect(most).toBe(1);
    for (const batch of batches) expect([1, 2, 3, 4, 5, 6, 7]).toContain(batch.length);
    expect(bodies(batches)).toEqual(oneTo(40));
  },
};

const spacing: ContractCase = {
  must: 12,
  title: 'a batch is spaced from the last one, unless it is full or the last one ended long ago',
  async run(at) {
    const { batches } = await at.consume(undefined, { size: 5, spacingMs: 10 });
    at.publish(1);
    await until(() => batches.length === 1, 'the first went at once');
    await at.travel();
    at.publish(2, 2);
    await at.travel();
    await at.clock.advance(9);
    await at.travel();
    expect(batches.length).toBe(1);
    at.publish(1, 4);
    await at.travel();
    await at.clock.advance(1);
    await until(() => batches.length === 2, 'what came in between was handed out');
    expect(bodies(batches.slice(1))).toEqual([2, 3, 4]);
    await at.travel();
    at.publish(5, 5);
    await until(() => batches.length === 3, 'a full batch went at once');
    await at.travel();
    await at.clock.advance(10);
    at.publish(1, 10);
    await until(() => batches.length === 4, 'after a pause it went at once');
  },
};

const sharing: ContractCase = {
  must: 13,
  title: 'consumers share; one that stalls holds back no more than its batch',
  async run(at) {
    const stalled = gate();
    const first = await at.consume(() => stalled.promise, { size: 5, spacingMs: 0 });
    const second = await at.consume(undefined, { size: 5, spacingMs: 0 });
    const fates = at.publish(40);
    await until(() => bodies([...first.batches, ...second.batches]).length === 40, 'all were handed out');
    const settled = at.confirms ? 40 : 35;
    await until(
      () => fates.filter((fate) => fate.state === 'resolved').length === settled,
      'the rest was taken',
    );
    expect(first.batches.length).toBe(1);
    const all = bodies([...first.batches, ...second.batches]) as number[];
    expect(all.toSorted((left, right) => left - right)).toEqual(oneTo(40));
    for (const share of [first, second]) {
      const numbers = bodies(share.batches) as number[];
      expect(numbers).toEqual(numbers.toSorted((left, right) => left - right));
    }
    stalled.open();
    await until(() => !states(fates).has('pending'), 'the stalled batch was acknowledged');
  },
};

const bodyAndId: ContractCase = {
  must: 14,
  title: 'body and id arrive as they were published',
  async run(at) {
    const odd = [
      null,
      'text',
      3,
      [],
      { ['__proto__']: 1, nested: [{ deep: 'é\u0000' }] },
      { client: 'i-42' },
    ];
    const { batches } = await at.consume();
    const id = { agent: 'i-42', boot: 'b-1', number: 7 };
    for (const body of odd) at.follow('publishing', at.agent.publishResult({ body }));
    at.follow('publishing', at.agent.publishResult({ body: { client: 'i-42' }, id }));
    await until(() => bodies(batches).length === 7, 'all were handed out');
    expect(bodies(batches)).toEqual([...odd, { client: 'i-42' }]);
    expect(batches.flat().map((message) => message.id)).toEqual([...odd.map(() => undefined), id]);
    expect(batches.flat().some((message) => message.redelivered)).toBe(false);
  },
};

const waitingIsBounded: ContractCase = {
  must: 15,
  title: 'messages wait for a consumer, and publishing beyond the bound is refused',
  async run(at) {
    const fates = at.publish(WAITING_LIMIT);
    await at.travel();
    expect(states(fates)).toEqual(new Set([at.confirms ? 'resolved' : 'pending']));
    const [beyond] = at.publish(1, WAITING_LIMIT + 1);
    await until(() => beyond?.state === 'rejected', 'the one beyond the bound was refused');
    expect(kindOf(beyond)).toBe('unavailable');
    const { batches } = await at.consume();
    await until(() => bodies(batches).length === WAITING_LIMIT, 'all that waited were handed out');
    await until(() => !states(fates).has('pending'), 'all that waited were taken');
    expect(bodies(batches)).toEqual(oneTo(WAITING_LIMIT));
    const [after] = at.publish(1, WAITING_LIMIT + 2);
    await until(() => after?.state === 'resolved', 'there is room again');
  },
};

const stalledIsBounded: ContractCase = {
  must: 15,
  title: 'what a stalled or failing consumer holds counts towards the bound',
  async run(at) {
    const { batches } = await at.consume((_, count) =>
      count === 1 ? Promise.reject(new Error('the store is away')) : gate().promise,
    );
    at.publish(WAITING_LIMIT);
    await until(() => batches.length === 1, 'a batch was handed out');
    await at.travel();
    await at.clock.advance(100);
    await until(() => batches.length === 2, 'the batch was handed out again');
    const [beyond] = at.publish(1, WAITING_LIMIT + 1);
    await until(() => beyond?.state === 'rejected', 'the one beyond the bound was refused');
    expect(kindOf(beyond)).toBe('unavailable');
  },
};

const nothingAfterStop: ContractCase = {
  must: 16,
  title: 'nothing is handed out after stop resolved; a batch rejected meanwhile goes to another',
  async run(at) {
    const taking = gate();
    const first = await at.consume(() => taking.promise);
    const fates = at.publish(4);
    await until(() => first.batches.length === 1, 'the batch was handed out');
    const stopping = first.subscription.stop();
    const stopped = at.follow('stopping', stopping);
    await at.travel();
    expect(stopped.state).toBe('pending');
    taking.fail(new Error('the store is away'));
    await stopping;
    fates.push(...at.publish(2, 5));
    await at.travel();
    await at.clock.advance(60_000);
    await at.travel();
    expect(first.batches.length).toBe(1);
    const second = await at.consume();
    await until(() => bodies(second.batches).length === 6, 'the other consumer was handed all');
    await until(() => !states(fates).has('pending'), 'the other consumer took all');
    expect(bodies(second.batches)).toEqual(oneTo(6));
    const marks = second.batches.flat().map((message: Incoming) => message.redelivered);
    expect(marks).toEqual([true, true, true, true, false, false]);
    await first.subscription.stop();
  },
};

const stopWhileResting: ContractCase = {
  must: 16,
  title: 'a consumer that is resting or spacing can be stopped at once',
  async run(at) {
    const { batches, subscription } = await at.consume(() => Promise.reject(new Error('the store is away')));
    at.publish(1);
    await until(() => batches.length === 1, 'the batch was handed out');
    await at.travel();
    await subscription.stop();
    await at.clock.advance(60_000);
    await at.travel();
    expect(batches.length).toBe(1);
  },
};

const separate: ContractCase = {
  must: 17,
  title: 'results and keepalives do not hold up each other',
  async run(at) {
    await at.consume(() => gate().promise);
    at.publish(WAITING_LIMIT);
    await at.server.consumeKeepalives(async () => {}, { size: 10, spacingMs: 0 });
    const keepalive = at.follow(
      'publishing a keepalive',
      at.agent.publishKeepalive({ body: { name: 'i-42' } }),
    );
    await until(() => keepalive.state === 'resolved', 'the keepalive was taken');
  },
};

const statistics: ContractCase = {
  must: 18,
  title: 'statistics count what waits and who consumes, or are null',
  async run(at) {
    at.publish(3);
    at.follow('publishing a keepalive', at.agent.publishKeepalive({ body: { name: 'i-42' } }));
    await at.travel();
    const before = await at.server.statistics();
    if (before === null) return;
    expect(before).toEqual({
      keepalives: { messages: 1, consumers: 0 },
      results: { messages: 3, consumers: 0 },
    });
    const { subscription } = await at.consume();
    await at.travel();
    expect((await at.server.statistics())?.results).toEqual({ messages: 0, consumers: 1 });
    const second = await at.server.consumeResults(async () => {}, { size: 1, spacingMs: 0, assists: true });
    await at.travel();
    expect((await at.server.statistics())?.results.consumers).toBe(1);
    await Promise.all([second.stop(), subscription.stop()]);
    expect((await at.server.statistics())?.results.consumers).toBe(0);
  },
};

/** MUST 8–18 of `docs/transport.md`. */
export const MESSAGE_CASES: readonly ContractCase[] = [
  acknowledged,
  handedOutAgain,
  throwsAtOnce,
  restIsBounded,
  order,
  oneBatchInHand,
  spacing,
  sharing,
  bodyAndId,
  waitingIsBounded,
  stalledIsBounded,
  nothingAfterStop,
  stopWhileResting,
  separate,
  statistics,
];
