import { afterEach, expect, test } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import { REMOVALS } from '../../src/state/removal.ts';
import { seededRandom } from '../../src/testing/random.ts';
import { Fleet } from './fleet.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** Seconds between two keepalives, and between two looks. */
const STEP = 20;
const REMOVE_AFTER = 5 * MINUTE;
const CLIENTS = 500;

/** One life of a client: from when to when, in seconds since the beginning. */
interface Life {
  name: string;
  begin: number;
  end: number;
}

let fleet: Fleet;
afterEach(() => fleet.end());

/** Lives of minutes to an hour and a half, spread over a day; one in five comes back just when it is to be forgotten. */
function lives(): Life[] {
  const random = seededRandom(42);
  const upTo = (seconds: number): number => Math.floor(random.number() * seconds);
  const length = (): number => 3 * MINUTE + upTo(upTo(87 * MINUTE));
  return Array.from({ length: CLIENTS }, (_, index): Life[] => {
    const begin = upTo(20 * HOUR);
    const first = { name: `i-${index}`, begin, end: begin + length() };
    if (index % 5 !== 0) return [first];
    const again = first.end + REMOVE_AFTER - 30 + upTo(90);
    return [first, { name: first.name, begin: again, end: again + length() }];
  }).flat();
}

/** Everybody who lives sends a keepalive in each step, and two results each minute. */
function report(living: readonly Life[], second: number): void {
  for (const { name, begin } of living) {
    fleet.keepalive({ name, subscriptions: ['web', `client:${name}`] });
    if (Math.floor((second - begin) / STEP) % 3 !== 0) continue;
    fleet.result(name, { name: 'cpu', ttl: 10 * MINUTE, interval: 60 });
    fleet.result(name, { name: 'ram', aggregate: 'ram', interval: 60 });
  }
}

function isAlive({ begin, end }: Life, second: number): boolean {
  return begin <= second && second < end;
}

test('500 clients come and go for a day: nobody is lost, no alarm is false, nothing stays', {
  timeout: 120_000,
}, async () => {
  fleet = new Fleet({
    checks: [{ name: 'cpu', command: 'true', interval: 60, subscribers: ['web'] }],
    keepalives: { check: { thresholds: { warning: 120, critical: 180 }, remove_after: REMOVE_AFTER } },
  });
  await fleet.startServer();
  const startSecond = fleet.clock.now() / 1000;
  const all = lives();
  const day = Math.max(...all.map(({ end }) => end)) + 20 * MINUTE;
  const away = [6 * HOUR, 6 * HOUR + 30 * MINUTE];
  /** Life → when its first keepalive was sent while the server was there. */
  const heard = new Map<Life, number>();
  let missing = 0;
  let mostAtOnce = 0;
  for (let second = 0; second < day; second += STEP) {
    if (second === away[0]) await fleet.stopServer();
    if (second === away[1]) await fleet.startServer();
    const isAway = second >= (away[0] ?? 0) && second < (away[1] ?? 0);
    const living = all.filter((life) => isAlive(life, second));
    if (!isAway) {
      for (const life of living) {
        if (!heard.has(life)) heard.set(life, second);
        if (second - (heard.get(life) ?? 0) > STEP && !fleet.views.client(life.name)) missing++;
      }
      report(living, second);
      mostAtOnce = Math.max(mostAtOnce, fleet.documents()['state'] ?? 0);
    }
    await fleet.clock.advance(STEP * 1000);
  }

  expect(missing).toBe(0);
  expect(mostAtOnce).toBeGreaterThan(30);
  expect(fleet.documents()).toEqual({ client: 0, state: 0, silence: 0, stash: 0, signature: 0, delivery: 0 });
  expect([...fleet.views.aggregates()]).toEqual([]);
  expect([...fleet.logs]).toEqual([`removals/${REMOVALS}/${REMOVALS}`]);
  const removals = await fleet.registry.log('removals', REMOVALS, REMOVALS);
  expect(new Set(removals.map(({ entry }) => entry.client))).toEqual(
    new Set(Array.from(heard.keys(), ({ name }) => name)),
  );
  expect(removals.every(({ entry }) => entry.reason === 'silent' && entry.check === null)).toBe(true);

  const told = fleet.told.map((event) => ({ event, second: event.timestamp - startSecond }));
  const falsely = told.filter(
    ({ event, second }) =>
      event.action !== 'resolve' &&
      all.some(
        (life) => life.name === event.client.name && isAlive(life, second) && second - life.begin > MINUTE,
      ),
  );
  expect(falsely).toEqual([]);
  expect(told.every(({ event }) => event.check.name === 'keepalive')).toBe(true);
  expect(new Set(told.map(({ event }) => tellingOf(event))).size).toBe(told.length);
  const problems = new Set(told.map(({ event }) => event.id));
  const resolved = told.filter(({ event }) => event.action === 'resolve').map(({ event }) => event.id);
  expect(resolved.length).toBe(problems.size);
  expect(new Set(resolved)).toEqual(problems);
  expect(problems.size).toBeGreaterThanOrEqual(CLIENTS - 30);
});

function tellingOf({ id, action, check, occurrences }: Event): string {
  return `${id} ${action} ${check.status} ${occurrences}`;
}
