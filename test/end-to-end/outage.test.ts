import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { DeliveryRecord, Transition } from '../../src/model/delivery.ts';
import type { Event } from '../../src/model/event.ts';
import { noteFigures } from '../../src/testing/figures.ts';
import { RANDOM_INPUTS } from '../../src/testing/random.ts';
import {
  freePort,
  send,
  type TocsinProcess,
  type UpProcess,
  Workplace,
  waitFor,
} from '../../src/testing/tocsin-process.ts';

const LONG = RANDOM_INPUTS > 500;
/** Seconds without a server. */
const AWAY_SECONDS = LONG ? 60 : 10;
/** Seconds in which a handler fails. */
const FAILING_SECONDS = LONG ? 30 : 5;
/** Each reports once a second. */
const CHECKS = 10;
/** Milliseconds between two results of one program: the load does not have to be all that the machine can do. */
const LOAD_PAUSE_MS = 20;
/** Writes a line for each delivery in one write. */
const LEDGER = 'IFS= read -r event; printf \'%s %s\\n\' "$TOCSIN_DELIVERY_ID" "$event" >> ledger';
const quiet = { socket: { enabled: false }, http_socket: { enabled: false } };

const workshop = new Workplace();
const places: Workplace[] = [];
afterAll(async () => {
  const closed = await Promise.allSettled(places.map((place) => place.close()));
  await workshop.close();
  expect(closed.filter(({ status }) => status === 'rejected')).toEqual([]);
}, 60_000);

function openPlace(): Workplace {
  const place = new Workplace(workshop);
  places.push(place);
  return place;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A delivery as its handler wrote it down. */
interface Line {
  delivery: string;
  event: Event;
}

function readLedger(place: Workplace): Line[] {
  const file = place.path('ledger');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  // The last one may be just being written.
  return lines.slice(0, -1).map((line) => {
    const space = line.indexOf(' ');
    return { delivery: line.slice(0, space), event: JSON.parse(line.slice(space + 1)) as Event };
  });
}

const told = (place: Workplace, client: string): string[] =>
  readLedger(place)
    .filter(({ event }) => event.client.name === client)
    .map(({ event }) => `${event.action} ${event.check.output}`);

/** The newest entries of a log, oldest first. */
async function logOf<Entry>(up: UpProcess, path: string): Promise<Entry[]> {
  const { items = [] } = (await up.api.get<{ items: Entry[] }>(`${path}?limit=1000`)) ?? {};
  return items.reverse();
}

/** A server, and an agent `web-1` whose socket programs report to. */
class Pair {
  readonly place = openPlace();
  server!: UpProcess;
  agent!: TocsinProcess;
  #port = 0;
  #httpPort = 0;

  async start(handler: object): Promise<void> {
    this.#port = await freePort();
    this.#httpPort = await freePort();
    await this.place.write({
      'conf/all.json': { handlers: { ledger: handler } },
      'agent/agent.json': {
        client: { name: 'web-1', socket: { enabled: false }, http_socket: { port: this.#httpPort } },
        tocsin: { agent: { servers: [`ws://127.0.0.1:${this.#port}`] } },
      },
    });
    await this.startServer();
    await this.startAgent();
  }

  async startAgent(): Promise<void> {
    const { place } = this;
    this.agent = place.start(['agent', '-d', place.path('agent'), '--data', place.path('agent-data')]);
    await waitFor(() => this.agent.stdout.includes('is connected to'), 'the agent is connected');
  }

  async startServer(): Promise<void> {
    this.server = await this.place.up({ command: 'server', port: this.#port });
  }

  /** Reports a result to the agent; resolves with whether it was answered 202. */
  async report(name: string, status: number, output: string): Promise<boolean> {
    const body = JSON.stringify({ name, status, output, handler: 'ledger' });
    const headers = { 'content-type': 'application/json' };
    const url = `http://127.0.0.1:${this.#httpPort}/results`;
    const answer = await send(url, { method: 'POST', headers, body }).catch(() => undefined);
    return answer?.status === 202;
  }

  async stop(): Promise<void> {
    await this.agent.stop();
    await this.server.stop();
  }
}

/** A result that was reported while the server was away: its number is its output. */
interface Reported {
  status: number;
  /** Unix seconds between which it was reported. */
  from: number;
  to: number;
}

describe.concurrent('an agent', () => {
  it(`without a server for ${AWAY_SECONDS} s at ${CHECKS} results a second delivers all of them, in order, with their times`, async () => {
    const pair = new Pair();
    await pair.start({ type: 'pipe', command: LEDGER });
    const checks = Array.from({ length: CHECKS }, (_, index) => `check-${index}`);
    for (const name of checks) expect(await pair.report(name, 0, 'before')).toBe(true);
    const known = async (): Promise<boolean> =>
      ((await pair.server.api.get<object[]>('/results/web-1')) ?? []).length >= CHECKS;
    await pair.server.waitFor(known, 'all checks are known');
    await pair.server.kill('SIGKILL');

    const reported = new Map<string, Reported[]>(checks.map((name) => [name, []]));
    const answers: Promise<boolean>[] = [];
    for (let second = 0; second < AWAY_SECONDS; second++) {
      for (const [index, name] of checks.entries()) {
        // Each changes from result to result; the first check alone ends as a problem.
        const isProblem = (AWAY_SECONDS - second) % 2 === (index === 0 ? 1 : 0);
        const one: Reported = { status: isProblem ? 2 : 0, from: Math.floor(Date.now() / 1000), to: 0 };
        reported.get(name)?.push(one);
        const answer = pair.report(name, one.status, String(second)).then((safe) => {
          one.to = Math.floor(Date.now() / 1000);
          return safe;
        });
        answers.push(answer);
        await pause(1000 / CHECKS);
      }
    }
    expect(await Promise.all(answers)).toEqual(answers.map(() => true));
    await pair.startServer();

    const logs = new Map<string, Transition[]>();
    const all = async (): Promise<boolean> => {
      for (const name of checks)
        logs.set(name, await logOf<Transition>(pair.server, `/api/v1/transitions/web-1/${name}`));
      // The newest one of a check that is as it was before changes nothing, and is in its state alone.
      return [...logs.values()].every((log) => log.filter(({ late }) => late).length >= AWAY_SECONDS - 1);
    };
    await pair.server.waitFor(all, 'everything has arrived');
    for (const name of checks)
      await expectArrived(pair, name, reported.get(name) ?? [], logs.get(name) ?? []);

    noteFigures('an agent without a server', { seconds: AWAY_SECONDS, results: answers.length });

    // What is wrong now is told, and nothing that is long over.
    await waitFor(() => told(pair.place, 'web-1').length > 0, 'the problem of now is told');
    expect(await pair.report('last', 1, 'last')).toBe(true);
    await waitFor(() => told(pair.place, 'web-1').includes('create last'), 'what came last is told');
    expect(told(pair.place, 'web-1')).toEqual([`create ${AWAY_SECONDS - 1}`, 'create last']);
    const records = await logOf<DeliveryRecord>(pair.server, '/api/v1/deliveries/web-1/check-1');
    expect(records.length).toBeGreaterThan(0);
    expect(records.filter(({ outcome }) => outcome !== 'late')).toEqual([]);
    await pair.stop();
  }, 300_000);

  it('whose server hangs answers for what it is given, stops in time, and delivers each of it once', async () => {
    const pair = new Pair();
    await pair.start({ type: 'pipe', command: LEDGER });
    process.kill(pair.server.pid, 'SIGSTOP');
    const numbers = [0, 1, 2, 3, 4].map(String);
    const answers = await Promise.all(numbers.map((number) => pair.report(`hung-${number}`, 2, number)));
    expect(answers).toEqual(numbers.map(() => true));
    const { stderr } = await pair.agent.stop();
    expect(stderr).not.toContain('did not stop in time');
    // What is on its way to the server arrives as well.
    process.kill(pair.server.pid, 'SIGCONT');
    await pair.startAgent();
    await waitFor(() => told(pair.place, 'web-1').length >= numbers.length, 'all is told');
    expect(await pair.report('last', 1, 'last')).toBe(true);
    await waitFor(() => told(pair.place, 'web-1').includes('create last'), 'what came last is told');
    const expected = [...numbers, 'last'].map((number) => `create ${number}`);
    expect(told(pair.place, 'web-1').sort()).toEqual(expected);
    await pair.stop();
  }, 300_000);

  it('whose server is told to stop under load loses nothing of what was acknowledged, and the server ends in time', async () => {
    const pair = new Pair();
    // The handler hangs: what it is to be told waits in the store.
    const hanging = `if [ -e mended ]; then ${LEDGER}; else sleep 1000; fi`;
    await pair.start({ type: 'pipe', command: hanging });
    const acknowledged: string[] = [];
    const reporting = new AbortController();
    const load = Array.from({ length: 8 }, async (_, index) => {
      for (let number = 0; !reporting.signal.aborted; number++) {
        const output = `${index}-${number}`;
        if (await pair.report(`check-${index}-${number}`, 2, output)) acknowledged.push(output);
        await pause(LOAD_PAUSE_MS);
      }
    });
    await waitFor(() => acknowledged.length > 100, 'it is under load');
    // It would end with exit code 1 after its bound.
    const { stderr } = await pair.server.stop();
    expect(stderr).not.toContain('did not stop in time');
    const { length } = acknowledged;
    await waitFor(() => acknowledged.length > length + 50, 'the agent takes results without a server');
    await pair.agent.stop();
    reporting.abort();
    await Promise.all(load);

    await pair.place.write({ mended: '' });
    await pair.startServer();
    await pair.startAgent();
    const untold = (): string[] => {
      const known = new Set(readLedger(pair.place).map(({ event }) => event.check.output));
      return acknowledged.filter((output) => !known.has(output));
    };
    await waitFor(() => untold().length === 0, 'all is told').catch((error: unknown) =>
      expect([error, untold()]).toEqual([]),
    );
    await pair.stop();
  }, 300_000);
});

/** Every result of a check is there once, in order and with the time at which it was reported. */
async function expectArrived(
  { server }: Pair,
  name: string,
  reported: readonly Reported[],
  log: readonly Transition[],
): Promise<void> {
  type Result = { check: { status: number; output: string; executed: number } };
  const { check } = (await server.api.get<Result>(`/results/web-1/${name}`)) as Result;
  const late = log.filter((entry) => entry.late);
  const arrived = [...late, { ...check, timestamp: check.executed }];
  expect([name, arrived.map(({ output }) => output)]).toEqual([
    name,
    reported.map((_, number) => String(number)),
  ]);
  expect([name, arrived.map(({ status }) => status)]).toEqual([name, reported.map(({ status }) => status)]);
  const wrong = arrived.filter(({ timestamp }, index) => {
    const { from = 0, to = 0 } = reported[index] ?? {};
    return timestamp < from || timestamp > to;
  });
  expect([name, wrong]).toEqual([name, []]);
}

describe.concurrent('a handler', () => {
  it(`that fails for ${FAILING_SECONDS} s is retried until it works; no resolve comes before its problem`, async () => {
    const place = openPlace();
    const retry = { tries: 1000, pause: 0.2, longest_pause: 1 };
    const command = `[ -e mended ] || exit 1; ${LEDGER}`;
    await place.write({
      'conf/all.json': { client: quiet, handlers: { pager: { type: 'pipe', command, retry } } },
    });
    let up = await place.up();
    const post = async (source: string, status: number, output: string): Promise<void> => {
      const result = { source, name: 'disk', status, output, handler: 'pager' };
      expect(await up.api.post('/results', result)).toBe(202);
    };
    for (const client of ['stays', 'ends', 'ends-later']) await post(client, 2, 'full');
    type Self = { outbox: { deliveries: number } };
    const waiting = async (): Promise<number> =>
      (await up.api.get<Self>('/api/v1/self'))?.outbox.deliveries ?? 0;
    await up.waitFor(async () => (await waiting()) === 3, 'all wait for another try');
    await pause(FAILING_SECONDS * 500);
    await post('ends', 0, 'fine');
    // A death does not end the tries.
    await up.kill('SIGKILL');
    up = await place.up();
    await pause(FAILING_SECONDS * 500);
    expect(readLedger(place)).toEqual([]);

    await place.write({ mended: '' });
    await up.waitFor(() => told(place, 'ends-later').length > 0, 'it works again');
    await post('ends-later', 0, 'fine');
    await up.waitFor(async () => (await waiting()) === 0, 'nothing waits any more');
    const stories = ['stays', 'ends', 'ends-later'].map((client) => told(place, client));
    expect(stories).toEqual([['create full'], ['resolve fine'], ['create full', 'resolve fine']]);
    const records = await logOf<DeliveryRecord>(up, '/api/v1/deliveries/ends/disk');
    expect(records.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'create superseded',
      'resolve handled',
    ]);
    const [kept] = await logOf<DeliveryRecord>(up, '/api/v1/deliveries/stays/disk');
    expect(kept?.tries).toBeGreaterThan(2);
    await up.stop();
  }, 300_000);

  it('that always fails ends as a dead letter, which is sent when a person asks for it, with the same id', async () => {
    const place = openPlace();
    const retry = { tries: 3, pause: 0.1, longest_pause: 0.2 };
    const command = `echo "$TOCSIN_DELIVERY_ID" >> tries; [ -e mended ] || exit 1; ${LEDGER}`;
    await place.write({
      'conf/all.json': { client: quiet, handlers: { pager: { type: 'pipe', command, retry } } },
    });
    const up = await place.up();
    const result = { source: 'web-1', name: 'disk', status: 2, output: 'full', handler: 'pager' };
    expect(await up.api.post('/results', result)).toBe(202);
    type Dead = { id: string; handler: string };
    const dead = async (): Promise<Dead[]> =>
      JSON.parse((await place.run('dead', 'list', '--json', '--url', up.url)).stdout);
    const [letter] = await up.waitFor(async () => {
      const letters = await dead();
      return letters.length > 0 && letters;
    }, 'it is given up');
    const tries = readFileSync(place.path('tries'), 'utf8').trimEnd().split('\n');
    expect([tries.length, new Set(tries).size]).toEqual([3, 1]);
    await place.write({ mended: '' });
    const asked = await place.run('dead', 'retry', '--all', '--url', up.url);
    expect([asked.code, asked.stderr]).toEqual([0, '']);
    await up.waitFor(() => readLedger(place).length > 0, 'it is told');
    expect(readLedger(place)).toMatchObject([{ delivery: tries[0], event: { check: { output: 'full' } } }]);
    expect(await dead()).toEqual([]);
    expect(letter).toMatchObject({ handler: 'pager' });
    await up.stop();
  }, 300_000);
});
