import { existsSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { expect } from 'vitest';
import type { DeliveryRecord, Transition } from '../../src/model/delivery.ts';
import type { Event } from '../../src/model/event.ts';
import { noteFigures } from '../../src/testing/figures.ts';
import { seededRandom } from '../../src/testing/random.ts';
import {
  freePort,
  send,
  type TocsinProcess,
  type UpProcess,
  type Workplace,
  waitFor,
} from '../../src/testing/tocsin-process.ts';

const CHECKS = 8;
/** Milliseconds between two results of one check: the load does not have to be all that the machine can do. */
const PAUSE_MS = 40;
/** Milliseconds between a start and the next kill. */
const LONGEST_LIFE_MS = 2_500;
/** Longest that the spool may take to be emptied on a busy machine, and how often it is looked whether it is. */
const SETTLE_MS = 180_000;
const LOOK_MS = 500;
const LEDGER = 'IFS= read -r event; printf \'%s %s\\n\' "$TOCSIN_DELIVERY_ID" "$event" >> ledger';

/** What is ended with kill -9. */
const VICTIMS = ['server', 'agent', 'both'] as const;

/** A check whose results a program reports to the agent. Each is a problem, so that each is told, with its number as its output. */
interface Source {
  name: string;
  /** Numbers of the results that the agent answered. */
  acknowledged: Set<number>;
  /** Results that were begun. */
  begun: number;
}

/**
 * Reports results to an agent without a pause, ends the server, the agent or both with kill -9 again and again, and
 * holds them to what was acknowledged: it is in the logs, and whatever was due reached the handler.
 * @param seed decides who is killed when
 */
export async function killProcesses(place: Workplace, seed: number, kills: number): Promise<void> {
  const random = seededRandom(seed);
  const victims = Array.from({ length: kills }, () => VICTIMS[Math.floor(random.number() * 3)] ?? 'both');
  console.log(`seed ${seed}: kill -9 of ${victims.join(', ')}`);
  const fleet = new Fleet(place, await freePort(), await freePort());
  await fleet.configure();
  await fleet.start();
  const sources = Array.from({ length: CHECKS }, (_, n) => ({
    name: `check-${n}`,
    acknowledged: new Set<number>(),
    begun: 0,
  }));
  const reporting = new AbortController();
  const reports = sources.map((source) => fleet.report(source, reporting.signal));
  for (const victim of victims) {
    await pause(random.number() * LONGEST_LIFE_MS);
    await fleet.kill(victim);
  }
  reporting.abort();
  await Promise.all(reports);
  const results = sources.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  await fleet.settled(sources);
  const ledger = readLedger(place.path('ledger'));
  for (const source of sources) await expectTakenOnce(fleet.server, source, ledger);
  console.log(`${results} results acknowledged, ${ledger.length} deliveries told`);
  noteFigures('kill -9 of server and agent', { seed, kills, results, deliveries: ledger.length });
  await fleet.stop();
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A server and an agent, and what reports to it. */
class Fleet {
  server!: UpProcess;
  #agent!: TocsinProcess;
  readonly #place: Workplace;
  readonly #port: number;
  readonly #httpPort: number;
  readonly #sockets = new Agent({ keepAlive: true });

  constructor(place: Workplace, port: number, httpPort: number) {
    this.#place = place;
    this.#port = port;
    this.#httpPort = httpPort;
  }

  async configure(): Promise<void> {
    const kept = { entries: 1_000_000 };
    await this.#place.write({
      'conf/all.json': {
        handlers: { ledger: { type: 'pipe', command: LEDGER } },
        tocsin: { store: { logs: { transitions: kept, deliveries: kept } } },
      },
      'agent/agent.json': {
        client: { name: 'web-1', socket: { enabled: false }, http_socket: { port: this.#httpPort } },
        tocsin: { agent: { servers: [`ws://127.0.0.1:${this.#port}`] } },
      },
    });
  }

  async start(): Promise<void> {
    this.#agent = await this.#startAgent();
    this.server = await this.#startServer();
  }

  async kill(victim: (typeof VICTIMS)[number]): Promise<void> {
    const [server, agent] = [victim !== 'agent', victim !== 'server'];
    await Promise.all([server && this.server.kill('SIGKILL'), agent && this.#agent.kill('SIGKILL')]);
    if (agent) this.#agent = await this.#startAgent();
    if (server) this.server = await this.#startServer();
  }

  /** Reports results of a check one after another, each until it is acknowledged, until told to end. */
  async report(source: Source, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const number = source.begun++;
      const body = JSON.stringify({
        name: source.name,
        status: 1 + (number % 2),
        output: String(number),
        handler: 'ledger',
      });
      const options = { method: 'POST', body, agent: this.#sockets };
      const headers = { 'content-type': 'application/json' };
      const url = `http://127.0.0.1:${this.#httpPort}/results`;
      const answer = await send(url, { ...options, headers }).catch(() => undefined);
      if (answer?.status === 202) source.acknowledged.add(number);
      else if (answer && answer.status < 500) throw new Error(`answered ${answer.status} ${answer.body}`);
      await pause(PAUSE_MS);
    }
  }

  /** Resolves when nothing waits any more, on the disk of the agent or in the outbox. */
  async settled(sources: readonly Source[]): Promise<void> {
    const arrived = async (): Promise<boolean> => {
      await pause(LOOK_MS);
      const self = await this.server.api.get<{ outbox: { deliveries: number } }>('/api/v1/self');
      if (self?.outbox.deliveries !== 0) return false;
      const ledger = readLedger(this.#place.path('ledger'));
      const missing = await Promise.all(sources.map((source) => missingOf(this.server, source, ledger)));
      return missing.every((each) => each.length === 0);
    };
    await this.server.waitFor(arrived, 'all is told', SETTLE_MS).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#sockets.destroy();
    await this.#agent.stop();
    await this.server.stop();
  }

  #startServer(): Promise<UpProcess> {
    return this.#place.up({ command: 'server', port: this.#port });
  }

  async #startAgent(): Promise<TocsinProcess> {
    const { path } = this.#place;
    const args = ['agent', '-d', path.call(this.#place, 'agent')];
    const agent = this.#place.start([...args, '--data', path.call(this.#place, 'agent-data')]);
    const listens = async (): Promise<boolean> => {
      if (!agent.running) throw new Error(`the agent ended by itself:\n${agent.stdout}\n${agent.stderr}`);
      const url = `http://127.0.0.1:${this.#httpPort}/info`;
      return (await send(url).catch(() => undefined))?.status === 200;
    };
    await waitFor(listens, 'the agent listens');
    return agent;
  }
}

/** All entries of a log, the newest first. */
async function everything<Entry>(server: UpProcess, path: string): Promise<Entry[]> {
  const items: Entry[] = [];
  for (let before: number | undefined; ; ) {
    const query = before === undefined ? '' : `&before=${before}`;
    const page = await server.api.get<{ items: (Entry & { sequence: number })[] }>(
      `${path}?limit=1000${query}`,
    );
    if (!page || page.items.length === 0) return items;
    items.push(...page.items);
    before = page.items.at(-1)?.sequence;
    if (before === undefined || page.items.length < 1000) return items;
  }
}

/** A delivery as its handler wrote it down. */
interface Line {
  delivery: string;
  check: string;
  number: number;
}

function readLedger(file: string): Line[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  return lines.map((line) => {
    const space = line.indexOf(' ');
    const { check } = JSON.parse(line.slice(space + 1)) as Event;
    return { delivery: line.slice(0, space), check: check.name, number: Number(check.output) };
  });
}

/** Numbers of results that came when a newer one had been taken: they are in the log, and nobody was told. */
async function lateOf(server: UpProcess, { name }: Source): Promise<number[]> {
  const entries = await everything<Transition>(server, `/api/v1/transitions/web-1/${name}`);
  return entries.filter(({ late }) => late).map(({ output }) => Number(output));
}

/** Numbers that were acknowledged, and neither told nor found out to be late. */
async function missingOf(server: UpProcess, source: Source, ledger: readonly Line[]): Promise<number[]> {
  const told = ledger.filter(({ check }) => check === source.name).map(({ number }) => number);
  const known = new Set([...told, ...(await lateOf(server, source))]);
  return [...source.acknowledged].filter((number) => !known.has(number));
}

/** Every result that was acknowledged was told or is in the log as late, and none counted twice. */
async function expectTakenOnce(server: UpProcess, source: Source, ledger: readonly Line[]): Promise<void> {
  const { name } = source;
  expect([name, await missingOf(server, source, ledger)]).toEqual([name, []]);
  const late = await lateOf(server, source);
  // A handler may be told twice of one delivery; two deliveries of one result would mean that it counted twice.
  const deliveries = new Map(
    ledger.filter(({ check }) => check === name).map(({ delivery, number }) => [delivery, number]),
  );
  const taken = [...late, ...deliveries.values()];
  const twice = taken.filter((number, index) => taken.indexOf(number) !== index);
  expect([name, twice]).toEqual([name, []]);
  const records = await everything<DeliveryRecord>(server, `/api/v1/deliveries/web-1/${name}`);
  const handled = records.filter(({ outcome }) => outcome === 'handled');
  expect(handled.length, `records of ${name}`).toBeGreaterThanOrEqual(deliveries.size);
}
