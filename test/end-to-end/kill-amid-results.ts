import { existsSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { expect } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import { seededRandom } from '../../src/testing/random.ts';
import { send, type UpProcess, type Workplace } from '../../src/testing/tocsin-process.ts';

const RESULTS = 10_000;
const CLIENTS = 500;
const CHECKS = 5;
/** Results of one check of one client. */
const ROUNDS = RESULTS / (CLIENTS * CHECKS);
/** One check in so many has problems: each delivery costs a process. */
const TROUBLED = 40;
const CONNECTIONS = 64;
const KILLS = 3;

/**
 * Takes its time, so that a kill finds some at work, and then writes a line for each delivery in one write, so that a
 * death leaves whole lines or none.
 */
const LEDGER = 'IFS= read -r event; sleep 0.2; printf \'%s %s\\n\' "$TOCSIN_DELIVERY_ID" "$event" >> ledger';

/** One check of one client. The output of each of its results is its number, from 0. */
interface Pair {
  name: string;
  /** Of its results, in their order. */
  statuses: number[];
  /** How often each was posted: again whenever no answer came. */
  posts: number[];
  /** How many were answered 202. */
  acknowledged: number;
}

/** A delivery as its handler wrote it down. */
interface Line {
  delivery: string;
  event: string;
  pair: string;
  action: string;
  /** Of the result that it tells of. */
  number: number;
}

/**
 * Posts ten thousand results to `tocsin up`, ends it with kill -9 amid them again and again, and holds it to what it
 * acknowledged.
 * @param seed decides what is posted and when it is killed
 */
export async function killAmidResults(place: Workplace, seed: number): Promise<void> {
  await place.write({ 'conf/all.json': { handlers: { ledger: { type: 'pipe', command: LEDGER } } } });
  const random = seededRandom(seed);
  const pairs = makePairs(() => random.number());
  const share = (0.9 * RESULTS) / KILLS;
  const kills = Array.from({ length: KILLS }, (_, kill) => Math.ceil((kill + random.number()) * share));
  console.log(`seed ${seed}: kill -9 after ${kills.join(', ')} results`);

  const target = new Target(place, await place.up(), pairs, new Set(kills));
  try {
    await postAll(pairs, target);
  } finally {
    target.close();
  }
  const { up } = target;
  expect(target.killed).toBe(KILLS);
  await expectResults(up, pairs);
  await expectEvents(up, pairs);
  await expectDeliveries(up, pairs, place.path('ledger'));
  await up.stop();
}

function makePairs(chance: () => number): Pair[] {
  return Array.from({ length: CLIENTS * CHECKS }, (_, index) => ({
    name: `client-${Math.floor(index / CHECKS)}/check-${index % CHECKS}`,
    statuses: Array.from({ length: ROUNDS }, () => (index % TROUBLED === 0 ? Math.floor(chance() * 4) : 0)),
    posts: new Array<number>(ROUNDS).fill(0),
    acknowledged: 0,
  }));
}

/** What is posted to: the process that runs now, killed and followed by another when so many were acknowledged. */
class Target {
  up: UpProcess;
  killed = 0;
  readonly #place: Workplace;
  readonly #pairs: readonly Pair[];
  readonly #kills: ReadonlySet<number>;
  #acknowledged = 0;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  #away: Promise<void> | undefined;

  constructor(place: Workplace, up: UpProcess, pairs: readonly Pair[], kills: ReadonlySet<number>) {
    this.#place = place;
    this.up = up;
    this.#pairs = pairs;
    this.#kills = kills;
  }

  /** Posts a result until it is acknowledged. */
  async post(pair: Pair, number: number): Promise<void> {
    const [source, name] = pair.name.split('/');
    const body = { source, name, status: pair.statuses[number], output: String(number), handler: 'ledger' };
    for (;;) {
      await this.#away;
      pair.posts[number]!++;
      const options = { method: 'POST', body: JSON.stringify(body), agent: this.#agent };
      const answer = await send(`${this.up.url}/results`, options).catch(() => undefined);
      if (answer?.status === 202) break;
      if (answer) throw new Error(`a result was answered ${answer.status} ${answer.body}`);
      if (!this.#away && !this.up.running) throw new Error(`tocsin up ended by itself:\n${this.up.stderr}`);
    }
    pair.acknowledged++;
    if (this.#kills.has(++this.#acknowledged)) this.#away = this.#killAndRestart();
  }

  close(): void {
    this.#agent.destroy();
  }

  async #killAndRestart(): Promise<void> {
    await this.up.kill('SIGKILL');
    this.up = await this.#place.up();
    await expectResults(this.up, this.#pairs);
    this.killed++;
    this.#away = undefined;
  }
}

/** Posts all results, so many at a time, those of one pair one after the other. */
async function postAll(pairs: readonly Pair[], target: Target): Promise<void> {
  const left = Array.from({ length: ROUNDS }, (_, number) => pairs.map((pair) => ({ pair, number }))).flat();
  const posted = new Map<Pair, Promise<void>>();
  const work = left[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const { pair, number } of work) {
      const before = posted.get(pair) ?? Promise.resolve();
      const now = before.then(() => target.post(pair, number));
      posted.set(pair, now);
      await now;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

/** Every result that was acknowledged is in the state of its pair, and none counts twice that was posted once. */
async function expectResults(up: UpProcess, pairs: readonly Pair[]): Promise<void> {
  type Listed = { client: string; check: { name: string; output: string; history: (string | number)[] } };
  const listed = (await up.api.get<Listed[]>('/results')) ?? [];
  const found = new Map(listed.map(({ client, check }) => [`${client}/${check.name}`, check]));
  const wrong = pairs.filter(({ name, statuses, posts, acknowledged }) => {
    const history = found.get(name)?.history.map(Number) ?? [];
    const newest = Number(found.get(name)?.output ?? -1);
    if (newest < acknowledged - 1) return true;
    const postedOnce = posts.slice(0, newest + 1).every((times) => times === 1);
    return postedOnce && String(history) !== String(statuses.slice(0, newest + 1));
  });
  expect(wrong.map((pair) => ({ pair, found: found.get(pair.name) }))).toEqual([]);
}

/** The open events are those of the pairs whose last result is a problem. */
async function expectEvents(up: UpProcess, pairs: readonly Pair[]): Promise<void> {
  const open = ((await up.api.get<Event[]>('/events')) ?? []).map(
    ({ client, check }) => `${client.name}/${check.name} ${check.status} ${check.output}`,
  );
  const problems = pairs.filter(({ statuses }) => statuses.at(-1) !== 0);
  const expected = problems.map(({ name, statuses }) => `${name} ${statuses.at(-1)} ${ROUNDS - 1}`);
  expect(open.sort()).toEqual(expected.sort());
}

/** Everything due was told; a repeat has the id of the first; those of one pair came in the order of its results. */
async function expectDeliveries(up: UpProcess, pairs: readonly Pair[], ledger: string): Promise<void> {
  const due = pairs.flatMap((pair) => dueOf(pair).map((number) => `${pair.name} ${number}`));
  const missing = (): string[] => {
    const told = new Set(readLedger(ledger).map(({ pair, number }) => `${pair} ${number}`));
    return due.filter((each) => !told.has(each));
  };
  const complete = up.waitFor(() => missing().length === 0, 'all that is due was told');
  await complete.catch(() => expect(missing()).toEqual([]));

  const lines = readLedger(ledger);
  const first = new Map<string, Line>();
  for (const line of lines) {
    const known = first.get(line.delivery);
    if (known) expect(line).toEqual(known);
    else first.set(line.delivery, line);
  }
  console.log(`${due.length} due, ${first.size} deliveries, ${lines.length - first.size} of them told twice`);
  for (const pair of pairs) expectOrder(pair, [...first.values()]);
}

function expectOrder({ name, statuses, posts }: Pair, lines: readonly Line[]): void {
  const numbers = lines.filter(({ pair }) => pair === name).map(({ number }) => number);
  expect(numbers, `order at ${name}`).toEqual(numbers.toSorted((one, other) => one - other));
  for (const [number, status] of statuses.entries()) {
    // A problem that was posted twice may have happened twice; what ends it ends it once.
    const most = status === 0 ? 1 : posts[number];
    expect(numbers.filter((each) => each === number).length, `${name} ${number}`).toBeLessThanOrEqual(
      most ?? 0,
    );
  }
}

/** Numbers of the results of which somebody is to be told: problems, and what ends them. */
function dueOf({ statuses }: Pair): number[] {
  return [...statuses.keys()].filter((number) => statuses[number] !== 0 || (statuses[number - 1] ?? 0) !== 0);
}

function readLedger(file: string): Line[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  return lines.map((line) => {
    const space = line.indexOf(' ');
    const { id, client, check, action } = JSON.parse(line.slice(space + 1)) as Event;
    const pair = `${client.name}/${check.name}`;
    return { delivery: line.slice(0, space), event: id, pair, action, number: Number(check.output) };
  });
}
