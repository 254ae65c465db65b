import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Delivery } from '../../model/delivery.ts';
import { Counters } from '../../runtime/counters.ts';
import { silentLog } from '../../runtime/log.ts';
import { ManualClock } from '../../testing/clock.ts';
import { numbered } from '../../testing/pipeline.ts';
import { RANDOM_INPUTS, seededRandom } from '../../testing/random.ts';
import { Books } from './books.ts';
import { Carrier } from './carrier.ts';
import type { Outbox } from './outbox.ts';
import { HandlerPlans } from './plans.ts';
import type { Postponements } from './postponements.ts';
import type { Tools } from './rules.ts';

interface Told {
  key: string;
  number: number;
  event: string;
  action: string;
  outcome: string;
}

/** A carrier whose handler works or fails as the script says, over a store that takes everything at once. */
function bench(script: readonly boolean[], concurrency: number, tries: number) {
  const clock = new ManualClock();
  const random = seededRandom(script.length);
  const told: Told[] = [];
  const ends: Told[] = [];
  let calls = 0;
  const note = ({ event }: Delivery, outcome: string): Told => ({
    ...{ key: event.client.name, number: event.occurrences, event: event.id },
    ...{ action: event.action, outcome },
  });
  const plans = new HandlerPlans({
    handlers: new Map([
      ['mail', { type: 'post', name: 'mail', retry: { tries, pause: 1 }, concurrency, mutator: 'none' }],
    ]),
    filters: new Map(),
    mutators: new Map(),
    plugins: new Map(),
  });
  const plan = plans.plan('mail');
  if (!plan) throw new Error('there is a plan');
  plan.broken = undefined;
  plan.way = async ({ event }) => {
    if (script[calls++ % Math.max(script.length, 1)]) {
      told.push(note({ event } as Delivery, 'told'));
      return { outcome: 'handled', output: '' };
    }
    return { outcome: 'failed', stage: 'handler', error: 'no' };
  };
  const outbox = {
    end: (delivery: Delivery, record: { outcome: string }) => ends.push(note(delivery, record.outcome)),
  };
  const carrier = new Carrier({
    tools: { clock, random, log: silentLog, signal: new AbortController().signal } as unknown as Tools,
    plan: () => plan,
    books: new Books({ log: silentLog, counters: new Counters() }),
    outbox: outbox as unknown as Outbox,
    postponements: { add: async () => true } as unknown as Postponements,
    left: () => {},
  });
  return { carrier, clock, told, ends };
}

const step = fc.record({
  key: fc.constantFrom('a', 'b'),
  what: fc.constantFrom('create', 'create', 'resolve', 'wait', 'wait long'),
});

test('a resolve never precedes its create, deliveries are told in order and each ends once, however handlers fail', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 5 }),
      async (steps, script, concurrency, tries) => {
        const { carrier, clock, told, ends } = bench(script, concurrency, tries);
        const problem: Record<string, number> = { a: 0, b: 0 };
        let made = 0;
        for (const { key, what } of steps) {
          if (what === 'wait') await clock.advance(700);
          else if (what === 'wait long') await clock.advance(5_000);
          else {
            made++;
            const overrides = { id: `${key}${problem[key]}`, client: { name: key } };
            const event = numbered(made, { ...overrides, action: what === 'resolve' ? 'resolve' : 'create' });
            carrier.take({ id: String(made), handler: 'mail', event, tries: 1 });
            if (what === 'resolve') problem[key] = (problem[key] ?? 0) + 1;
          }
        }
        while (carrier.size > 0) await clock.advance(1_000);
        expect(carrier.resting).toBe(0);
        expect(ends).toHaveLength(made);
        expect(new Set(ends.map(({ number }) => number)).size).toBe(made);
        for (const key of ['a', 'b']) {
          const own = told.filter((each) => each.key === key).map(({ number }) => number);
          expect(own).toEqual([...own].sort((left, right) => left - right));
        }
        for (const [index, { action, event }] of told.entries()) {
          if (action !== 'resolve') continue;
          const later = told.slice(index + 1).filter((each) => each.event === event);
          expect(later).toEqual([]);
        }
        expect(
          ends.filter(({ action, outcome }) => action === 'resolve' && outcome === 'superseded'),
        ).toEqual([]);
      },
    ),
    { numRuns: RANDOM_INPUTS },
  );
});
