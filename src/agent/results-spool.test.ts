import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckResult } from '../model/check.ts';
import { Counters } from '../runtime/counters.ts';
import { TocsinError } from '../runtime/errors.ts';
import { ManualClock, settle } from '../testing/clock.ts';
import { memoryLog } from '../testing/log.ts';
import { seededRandom } from '../testing/random.ts';
import { until } from '../testing/until.ts';
import { createMemoryTransport, type Outgoing } from '../transport/index.ts';
import { ACKNOWLEDGED_MS, Results, SPOOL_CHECK } from './results.ts';
import { openSpool } from './spool/index.ts';

const client = { name: 'i-42', address: '', subscriptions: [] };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-results-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A server's end that takes results while it is there. */
class Server {
  readonly taken: Outgoing[] = [];
  readonly tries: number[] = [];
  /** `away`: it cannot be reached. `silent`: it answers nothing. `forgetful`: it takes, and its answer is lost. */
  state: 'there' | 'away' | 'silent' | 'forgetful' = 'there';
  #unanswered: (() => void)[] = [];

  publish(message: Outgoing): Promise<void> {
    this.tries.push(message.id?.number ?? 0);
    if (this.state === 'away')
      return Promise.reject(new TocsinError('TRANSPORT_UNAVAILABLE', 'nobody is there'));
    if (this.state !== 'silent') this.taken.push(message);
    if (this.state === 'there') return Promise.resolve();
    return new Promise((_, reject) => {
      this.#unanswered.push(() =>
        reject(new TocsinError('TRANSPORT_UNAVAILABLE', 'the connection was lost')),
      );
    });
  }

  cut(): void {
    for (const reject of this.#unanswered.splice(0)) reject();
  }

  numbers(): number[] {
    return this.taken.map(({ id }) => (id?.number ?? 0) - BEFORE);
  }
}

async function setUp(server = new Server(), seed = 1, mostBytes = 10_000_000) {
  const clock = new ManualClock();
  const counters = new Counters();
  const log = memoryLog();
  const transport = createMemoryTransport({ clock });
  transport.publishResult = (message) => server.publish(message);
  const spool = await openSpool({ folder, mostBytes, clock, random: seededRandom(), log });
  const results = new Results({ clock, random: seededRandom(seed), transport, log, counters, client, spool });
  results.start();
  /** Lets time pass until something has come, since files take their own. */
  const pass = async (condition: () => boolean, what: string): Promise<void> => {
    for (let count = 0; count < 3_000 && !condition(); count++) {
      await clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(condition(), what).toBe(true);
  };
  const end = async (): Promise<void> => {
    void results.stop();
    await until(() => server.state !== 'silent', 'it was not silent');
    await results.close();
  };
  return { clock, counters, log, server, spool, results, pass, end };
}

/** The numbers of a run begin with its time. */
const BEFORE = 1_800_000_000_000_000;

const check = (name: string, executed: number, status = 0) => ({ name, status, output: 'x', executed });

describe('an agent without a server', () => {
  it('for a minute, at 10 results a second: all arrive, the newest of each check first, then each in order', async () => {
    const { clock, server, spool, results, pass, end } = await setUp();
    server.state = 'away';
    for (let tick = 0; tick < 600; tick++) {
      results.send(check(`c${tick % 10}`, 1_000 + Math.floor(tick / 10), tick % 3));
      await clock.advance(100);
    }
    const { length } = server.tries;
    await pass(() => server.tries.length > length, 'the spool was tried in vain');
    expect(spool.size).toBe(600);
    server.state = 'there';
    results.send(check('c0', 2_000));
    await pass(() => spool.size === 0, 'the spool is empty');
    const [live, ...late] = server.taken;
    expect([live?.id?.number, live?.spooled, live?.id?.previous]).toEqual([
      BEFORE + 601,
      undefined,
      BEFORE + 591,
    ]);
    expect(late.every(({ spooled }) => spooled === true)).toBe(true);
    const numbers = server.numbers().slice(1);
    expect(numbers.slice(0, 10)).toEqual([591, 592, 593, 594, 595, 596, 597, 598, 599, 600]);
    expect(numbers.slice(10)).toEqual(Array.from({ length: 590 }, (_, index) => index + 1));
    for (const { body, id } of late) {
      expect((body as CheckResult).check.executed).toBe(
        1_000 + Math.floor(((id?.number ?? 0) - BEFORE - 1) / 10),
      );
    }
    await end();
    expect(clock.pending).toBe(0);
    expect(await readdir(folder)).toEqual(['numbers']);
  }, 30_000);

  it('that goes down and comes back sends what it left, with its numbers, and goes on behind them', async () => {
    const first = await setUp();
    first.server.state = 'away';
    for (let count = 0; count < 5; count++) first.results.send(check('disk', count));
    await until(() => first.spool.size === 5, 'all are on disk');
    await first.end();
    const second = await setUp(new Server(), 2);
    await second.pass(() => second.spool.size === 0, 'all were sent');
    expect(second.server.numbers()).toEqual([5, 1, 2, 3, 4]);
    second.results.send(check('disk', 9));
    await settle();
    const last = second.server.taken.at(-1)?.id;
    expect(last).toMatchObject({ boot: second.server.taken[0]?.id?.boot, previous: BEFORE + 5 });
    expect(last?.number).toBeGreaterThan(BEFORE + 5);
    await second.end();
  });
});

describe('what was sent and not acknowledged', () => {
  it('is on disk before a program hears of it, and goes out again with the same number', async () => {
    const { clock, server, spool, results, pass, end } = await setUp();
    server.state = 'forgetful';
    const offered = results.offer(check('backup', 1));
    await clock.advance(ACKNOWLEDGED_MS - 1);
    expect(spool.size).toBe(0);
    await clock.advance(1);
    expect(await offered).toBe(true);
    expect(spool.size).toBe(1);
    server.state = 'there';
    server.cut();
    await pass(() => spool.size === 0, 'it was sent again');
    expect(server.numbers()).toEqual([1, 1]);
    await end();
  });

  it('leaves the disk when it is acknowledged after all, and is not sent twice', async () => {
    const { clock, server, spool, results, end } = await setUp();
    let acknowledge = (): void => {};
    const sent: Outgoing[] = [];
    server.publish = (message) => {
      sent.push(message);
      return new Promise((resolve) => (acknowledge = resolve));
    };
    const offered = results.offer(check('backup', 1));
    await clock.advance(ACKNOWLEDGED_MS);
    expect(await offered).toBe(true);
    acknowledge();
    await until(() => spool.size === 0, 'it left the spool');
    await clock.advance(60_000);
    expect(sent.length).toBe(1);
    await end();
    expect(clock.pending).toBe(0);
  });

  it('is on disk after a stop, and after a death between the write and the acknowledgement', async () => {
    const first = await setUp();
    first.server.state = 'forgetful';
    first.results.send(check('disk', 1));
    const stopped = first.results.stop();
    await until(() => first.spool.size === 1, 'it is on disk');
    // Nobody closes this one: the process is gone.
    const second = await setUp(new Server(), 2);
    await second.pass(() => second.spool.size === 0, 'it was sent again');
    expect(second.server.taken[0]?.id).toEqual(first.server.taken[0]?.id);
    await second.end();
    first.server.cut();
    await stopped;
    await first.results.close();
  });

  it('goes when the server will never take it, and is counted', async () => {
    const { server, spool, counters, results, pass, end } = await setUp();
    server.state = 'away';
    results.send(check('mine', 1));
    results.send(check('not-mine', 2));
    await until(() => spool.size === 2, 'both are on disk');
    server.state = 'there';
    const publish = server.publish.bind(server);
    server.publish = (message) =>
      (message.body as CheckResult).check.name === 'mine'
        ? publish(message)
        : Promise.reject(new TocsinError('TRANSPORT_REFUSED', 'that name is not yours'));
    await pass(() => spool.size === 0, 'the spool is empty');
    expect(server.numbers()).toEqual([1]);
    expect(counters.read('results_unsent')).toBe(1);
    await end();
  });
});

describe('a spool that is full', () => {
  it('is told as a warning of a check of its own, and its end too', async () => {
    const { server, spool, counters, results, pass, end } = await setUp(new Server(), 1, 20_000);
    server.state = 'away';
    for (let count = 0; count < 200; count++) results.send(check(`c${count}`, count));
    await until(() => spool.lost > 0, 'some were dropped');
    await until(() => spool.size + spool.lost > 200, 'all are kept or dropped');
    await until(() => counters.read('results_unsent') === spool.lost, 'they are counted');
    server.state = 'there';
    const told = (): CheckResult['check'][] =>
      server.taken.map(({ body }) => (body as CheckResult).check).filter(({ name }) => name === SPOOL_CHECK);
    await pass(() => told().some(({ status }) => status === 0), 'the end was told');
    expect(told()[0]?.status).toBe(1);
    expect(told()[0]?.output).toMatch(/^\d+ results of this client were lost: /);
    expect(told().at(-1)?.status).toBe(0);
    await until(() => spool.lost === 0, 'it was forgotten');
    await end();
    expect(await readdir(folder)).toEqual(['numbers']);
  });
});
