import { describe, expect, it } from 'vitest';
import { Counters } from '../runtime/counters.ts';
import { TocsinError } from '../runtime/errors.ts';
import { ManualClock, settle } from '../testing/clock.ts';
import { memoryLog } from '../testing/log.ts';
import { seededRandom } from '../testing/random.ts';
import { createMemoryTransport, type Outgoing } from '../transport/index.ts';
import { pauseMs } from './emptying.ts';
import { Results } from './results.ts';
import { DROPPED_AT_ONCE, MOST_WAITING } from './spool/index.ts';

const client = { name: 'i-42', address: '', subscriptions: [] };
const check = { name: 'disk', status: 0, output: 'ok' };

/** Results before a transport that answers as `publish` says. */
function setUp(publish: (message: Outgoing) => Promise<void>) {
  const clock = new ManualClock();
  const counters = new Counters();
  const log = memoryLog();
  const transport = createMemoryTransport({ clock });
  transport.publishResult = publish;
  const results = new Results({ clock, random: seededRandom(), transport, log, counters, client });
  return { clock, counters, log, results };
}

const unavailable = (): Promise<void> =>
  Promise.reject(new TocsinError('TRANSPORT_UNAVAILABLE', 'the broker is away'));

describe('results that the transport has no room for', () => {
  it('are sent again in order, and so is what came meanwhile', async () => {
    const taken: (number | undefined)[] = [];
    let away = true;
    const { clock, counters, results } = setUp((message) => {
      if (away) return unavailable();
      taken.push(message.id?.number);
      return Promise.resolve();
    });
    for (let count = 0; count < 3; count++) results.send(check);
    await settle();
    results.send(check);
    await clock.advance(1_000);
    away = false;
    results.send(check);
    await clock.advance(1_999);
    expect(taken).toEqual([]);
    await clock.advance(1);
    expect(taken).toEqual([1, 2, 3, 4, 5]);
    results.send(check);
    expect(taken.at(-1)).toBe(6);
    expect(counters.read('results_unsent')).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('are tried again after pauses that double up to half a minute', () => {
    expect([1, 2, 3, 5, 6, 100].map(pauseMs)).toEqual([1_000, 2_000, 4_000, 16_000, 30_000, 30_000]);
  });

  it('are dropped, oldest first, when too many wait', async () => {
    const { clock, counters, log, results } = setUp(unavailable);
    results.send(check);
    await settle();
    for (let count = 0; count < MOST_WAITING + 4; count++) results.send(check);
    await settle();
    expect(counters.read('results_unsent')).toBe(DROPPED_AT_ONCE);
    expect(log.lines.filter((line) => line.level === 'error').length).toBe(1);
    await results.stop();
    await results.close();
    expect(counters.read('results_unsent')).toBe(MOST_WAITING + 5);
    expect(log.lines.filter((line) => line.level === 'error').length).toBe(2);
    expect(clock.pending).toBe(0);
  });

  it('of programs are not taken while so many are on their way', async () => {
    const { counters, results } = setUp(() => new Promise(() => {}));
    for (let count = 0; count < MOST_WAITING; count++) expect(await results.offer(check)).toBe(true);
    expect(await results.offer(check)).toBe(false);
    expect(counters.read('results_unsent')).toBe(0);
  });

  it('are dropped when the transport will never take them, and the others go on', async () => {
    const refusal = new TocsinError('TRANSPORT_REFUSED', 'that name is not yours');
    const { clock, counters, log, results } = setUp(({ id }) =>
      id?.number === 1 ? Promise.reject(refusal) : Promise.resolve(),
    );
    results.send(check);
    results.send(check);
    await settle();
    expect(counters.read('results_unsent')).toBe(1);
    expect(log.lines.at(-1)?.fields['reason']).toBe('that name is not yours');
    expect(clock.pending).toBe(0);
  });

  it('are dropped at once when the transport was closed', async () => {
    const { clock, counters, log, results } = setUp(() =>
      Promise.reject(new TocsinError('TRANSPORT_CLOSED', 'the transport was closed')),
    );
    results.send(check);
    await settle();
    expect(counters.read('results_unsent')).toBe(1);
    expect(log.lines.at(-1)?.fields).toEqual({
      results: 1,
      check: 'disk',
      reason: 'the transport was closed',
    });
    expect(clock.pending).toBe(0);
  });
});

describe('stop', () => {
  it('waits until the transport has answered, and takes nothing more', async () => {
    let answer = (): void => {};
    const { counters, results } = setUp(() => new Promise((resolve) => (answer = resolve)));
    results.send(check);
    let stopped = false;
    const stopping = results.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    results.send(check);
    expect(counters.read('results_unsent')).toBe(1);
    answer();
    await stopping;
  });
});
