import { afterEach, expect, test } from 'vitest';
import { Fleet } from './fleet.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const names = Array.from({ length: 8 }, (_, index) => `i-${index}`);

let fleet: Fleet;
afterEach(() => fleet.end());

async function start(): Promise<void> {
  fleet = new Fleet({
    checks: [
      { name: 'published', command: 'true', interval: 60, subscribers: ['web'] },
      { name: 'own', command: 'true', interval: 60, standalone: true },
    ],
  });
  await fleet.startServer();
  for (const name of names) await fleet.startAgent(name);
  await fleet.clock.advance(5 * MINUTE_MS);
}

/** How often each client ran its two checks since this was asked last. */
function counts(): number[] {
  return names.map((name) => fleet.runs.get(name)?.splice(0).length ?? 0);
}

test('in quiet times each check runs once a minute and nobody is told of anything', async () => {
  await start();
  counts();
  await fleet.clock.advance(HOUR_MS);
  expect(counts()).toEqual(names.map(() => 120));
  expect(fleet.told).toEqual([]);
});

test.each<[string, () => void]>([
  ['the clock is set forward by an hour', () => fleet.clock.step(HOUR_MS)],
  ['the clock is set back by an hour', () => fleet.clock.step(-HOUR_MS)],
  ['the machine sleeps for an hour', () => fleet.clock.suspend(HOUR_MS)],
  [
    'the machine sleeps for an hour and elapsed time goes on',
    () => fleet.clock.suspend(HOUR_MS, { elapsedGoesOn: true }),
  ],
])('%s: each check runs once and returns to its grid, and no keepalive event appears', async (_, happen) => {
  await start();
  counts();
  happen();
  await fleet.clock.advance(2 * MINUTE_MS);
  // Two checks in two minutes, and at most one overdue run of each.
  expect(counts().every((count) => count >= 4 && count <= 6)).toBe(true);
  await fleet.clock.advance(10 * MINUTE_MS);
  expect(counts()).toEqual(names.map(() => 20));
  expect(fleet.told).toEqual([]);
  expect(fleet.problems()).toEqual([]);
});

test('the server is away for an hour: no keepalive event when it comes back, and the dead one is found', async () => {
  await start();
  await fleet.stopServer();
  await fleet.stopAgent('i-0');
  await fleet.clock.advance(HOUR_MS);
  await fleet.startServer();
  await fleet.clock.advance(100_000);
  expect(fleet.told).toEqual([]);
  await fleet.clock.advance(3 * MINUTE_MS);
  expect(fleet.problems()).toEqual(['i-0/keepalive']);
  expect(fleet.told.every(({ client, check }) => client.name === 'i-0' && check.name === 'keepalive')).toBe(
    true,
  );
});

test('a client that dies is a warning, then critical; when it is back that is told, once', async () => {
  await start();
  await fleet.stopAgent('i-3');
  await fleet.clock.advance(5 * MINUTE_MS);
  const statuses = fleet.told.map(({ check }) => check.status);
  expect(statuses[0]).toBe(1);
  expect(statuses.at(-1)).toBe(2);
  await fleet.startAgent('i-3');
  await fleet.clock.advance(2 * MINUTE_MS);
  expect(fleet.told.filter(({ action }) => action === 'resolve').map(({ client }) => client.name)).toEqual([
    'i-3',
  ]);
  expect(fleet.problems()).toEqual([]);
});
