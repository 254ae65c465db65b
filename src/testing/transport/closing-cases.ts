import { expect } from 'vitest';
import { TocsinError } from '../../runtime/errors.ts';
import { until } from '../until.ts';
import { type ContractCase, gate, request } from './harness.ts';

const BATCHES = { size: 10, spacingMs: 0 };

const closeLetsGo: ContractCase = {
  must: 19,
  title: 'close waits for nobody, rejects what is not acknowledged and lets go who waits in stop',
  async run(at) {
    const { batches, subscription } = await at.consume(() => gate().promise);
    let handed = 0;
    const requests = await at.agent.subscribe({ client: 'a', subscriptions: ['web'] }, () => {
      handed += 1;
      return gate().promise;
    });
    await at.server.publishRequest('web', request('disk'));
    const fates = at.publish(15);
    await until(() => batches.length === 1 && handed === 1, 'a batch and a request are in hand');
    const stops = [subscription, requests].map((one) => at.follow('stopping', one.stop()));
    await at.server.close();
    await at.agent.close();
    await until(() => [...fates, ...stops].every((fate) => fate.state !== 'pending'), 'everybody was let go');
    // What a broker keeps was acknowledged before.
    const kept = at.confirms ? fates.filter((fate) => fate.state === 'resolved') : [];
    expect(fates.map((fate) => fate.error instanceof TocsinError && fate.error.kind)).toEqual(
      fates.map((fate) => (kept.includes(fate) ? false : 'closed')),
    );
    expect(stops.map((fate) => fate.state)).toEqual(['resolved', 'resolved']);
  },
};

const lateAnswer: ContractCase = {
  must: 19,
  title: 'a consumer or agent that ends after close changes nothing',
  async run(at) {
    const taking = gate();
    const failing = gate();
    const { batches, subscription } = await at.consume(() => taking.promise, { size: 1, spacingMs: 0 });
    const other = await at.consume(() => failing.promise, { size: 1, spacingMs: 0 });
    const fates = at.publish(3);
    await until(() => batches.length + other.batches.length === 2, 'both have a batch in hand');
    await at.server.close();
    await at.agent.close();
    taking.open();
    failing.fail(new Error('too late'));
    await at.travel();
    await at.clock.advance(60_000);
    expect(batches.length + other.batches.length).toBe(2);
    const state = at.confirms ? 'resolved' : 'rejected';
    expect(fates.map((fate) => fate.state)).toEqual([state, state, state]);
    await subscription.stop();
  },
};

const closedRejects: ContractCase = {
  must: 20,
  title: 'every call after close rejects with kind `closed`, but for a second close',
  async run(at) {
    await at.server.close();
    await at.agent.close();
    await at.server.close();
    expect(at.server.connected).toBe(false);
    const calls: [string, () => Promise<unknown>][] = [
      ['publishResult', () => at.agent.publishResult({ body: {} })],
      ['publishKeepalive', () => at.agent.publishKeepalive({ body: {} })],
      ['publishRequest', () => at.server.publishRequest('web', request('disk'))],
      ['subscribe', () => at.agent.subscribe({ client: 'a', subscriptions: ['web'] }, async () => {})],
      ['consumeResults', () => at.server.consumeResults(async () => {}, BATCHES)],
      ['consumeKeepalives', () => at.server.consumeKeepalives(async () => {}, BATCHES)],
      ['statistics', () => at.server.statistics()],
    ];
    for (const [name, call] of calls) {
      await expect(call(), name).rejects.toMatchObject({ name: 'TocsinError', kind: 'closed' });
    }
  },
};

const nothingLeft: ContractCase = {
  must: 21,
  title: 'closing in the middle of everything leaves nothing behind',
  async run(at) {
    expect(at.server.connected).toBe(true);
    const spaced = await at.consume(undefined, { size: 5, spacingMs: 1_000 });
    at.publish(1);
    await until(() => spaced.batches.length === 1, 'the first batch was handed out');
    await at.travel();
    at.publish(2, 2);
    const failing = await at.consume(() => Promise.reject(new Error('the store is away')));
    await until(() => failing.batches.length === 1, 'a batch was rejected');
    await at.travel();
    expect(at.clock.pending).toBeGreaterThan(0);
  },
};

/** MUST 19–21 of `docs/transport.md`; 21 is looked after at the end of every case as well. */
export const CLOSING_CASES: readonly ContractCase[] = [closeLetsGo, lateAnswer, closedRejects, nothingLeft];
