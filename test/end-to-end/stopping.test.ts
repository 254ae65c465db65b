import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { systemClock } from '../../src/runtime/system/clock.ts';
import { FOLDER_PLACES } from '../../src/runtime/system/spawner/folder.ts';
import { Registry } from '../../src/state/registry.ts';
import { update } from '../../src/state/update.ts';
import { openEmbeddedStore } from '../../src/store/index.ts';
import { testSettings } from '../../src/testing/settings.ts';
import { type UpProcess, Workplace, waitFor } from '../../src/testing/tocsin-process.ts';
import { killAmidResults } from './kill-amid-results.ts';

/** A command that neither ends by itself nor when it is asked to; what it starts does not either. */
const STUBBORN = "trap '' TERM INT HUP; sleep 1000 & sleep 1000; sleep 1000";
const HOUR_SECONDS = 3600;
/** Other tests may hold their usual ports at the same time. */
const NO_SOCKETS = { socket: { enabled: false }, http_socket: { enabled: false } };
/** TOCSIN_SEED repeats a run. */
const SEED = Number(process.env['TOCSIN_SEED'] ?? Date.now() % 1_000_000);

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

const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];

/** Folders that a process with this number made for its commands. */
function privateFolders(pid: number): string[] {
  return FOLDER_PLACES.filter(existsSync).flatMap((folder) =>
    readdirSync(folder).filter((name) => name.startsWith('tocsin-') && name.includes(`-${pid}-`)),
  );
}

/** A check and a handler hang; one event of `web-1/disk` is at the handler, which ends by itself when told again. */
async function hangEverything(place: Workplace): Promise<UpProcess> {
  const tell = `echo $TOCSIN_DELIVERY_ID >> told; if [ -e once ]; then exit 0; fi; touch once; ${STUBBORN}`;
  await place.write({
    'conf/all.json': {
      checks: { hung: { command: `touch hung; ${STUBBORN}`, standalone: true, interval: 1 } },
      handlers: { slow: { type: 'pipe', command: tell } },
    },
  });
  const up = await place.up();
  const check = { source: 'web-1', name: 'disk', output: 'full', status: 2, handler: 'slow' };
  expect(await up.api.post('/results', check)).toBe(202);
  await up.waitFor(() => existsSync(place.path('hung')), 'the check hangs');
  await up.waitFor(() => existsSync(place.path('once')), 'the handler hangs');
  return up;
}

/** The delivery that was in hand is told again, with its id, and the event is the one that was open. */
async function expectToldAgain(place: Workplace, up: UpProcess, before: Event | undefined): Promise<void> {
  await up.waitFor(() => linesOf(place.path('told')).length === 2, 'the delivery is told again');
  const [first, second] = linesOf(place.path('told'));
  expect(second).toBe(first);
  expect(first).toMatch(/^\S{8,}$/);
  const after = await up.api.get<Event>('/events/web-1/disk');
  expect(after).toMatchObject({ id: before?.id, occurrences: 1, check: { output: 'full' } });
}

/** Makes everything that a stopped server knows an hour older. */
async function anHourPasses(folder: string): Promise<void> {
  const parts = { ...testSettings().store, folder, clock: systemClock, log: silentLog };
  const store = await openEmbeddedStore(parts);
  const registry = new Registry(store);
  const { items } = await store.list('client');
  const names = items.map(({ name }) => name);
  const older = await update(registry, 'client', names, (state) =>
    state
      ? {
          ...state,
          seenAtMs: state.seenAtMs - HOUR_SECONDS * 1000,
          client: { ...state.client, timestamp: state.client.timestamp - HOUR_SECONDS },
        }
      : 'keep',
  );
  expect(older).toBe(2);
  await store.close();
}

describe.concurrent('tocsin up', () => {
  // It waits longest, so it begins first.
  it('leaves nothing behind at kill -9, and takes up where it was, without false alarms', async () => {
    const place = openPlace();
    const up = await hangEverything(place);
    // A client whose agent is elsewhere, and is not heard again.
    const quiet = { name: 'web-1', address: '10.0.0.1', subscriptions: ['web'], keepalives: true };
    expect(await up.api.post('/clients', quiet)).toBe(201);
    expect(await up.api.post('/results', { source: 'web-1', name: 'load', output: 'fine' })).toBe(202);
    const before = await up.api.get<Event>('/events/web-1/disk');
    const results = await up.api.get<object[]>('/results/web-1');
    await up.kill('SIGKILL');
    await waitFor(() => place.living().length === 0, 'nothing lives any more');
    await waitFor(() => privateFolders(up.pid).length === 0, 'its folder is gone');

    await anHourPasses(place.path('data', 'store'));
    const again = await place.up();
    expect(await again.api.get('/results/web-1')).toEqual(results);
    await expectToldAgain(place, again, before);
    // Clients are looked at for the first time half a minute after the start.
    type Result = { check: { status: number; output: string } };
    const keepalive = await again.waitFor(
      async () => (await again.api.get<Result>('/results/web-1/keepalive'))?.check,
      'the client was looked at',
      150_000,
    );
    expect(keepalive).toMatchObject({ status: 0, output: expect.stringMatching(/seconds ago$/) });
    const events = (await again.api.get<Event[]>('/events')) ?? [];
    expect(events.filter(({ check }) => check.name === 'keepalive')).toEqual([]);
    await again.stop();
  }, 300_000);

  it('ends within its bounds at SIGTERM though commands hang, and tells at the next start what it could not', async () => {
    const place = openPlace();
    const up = await hangEverything(place);
    const event = await up.api.get<Event>('/events/web-1/disk');
    // After its bound it would end with exit code 1.
    const { stdout, stderr } = await up.stop();
    expect(stdout).toMatch(/stopping …\n$/);
    expect(stderr).not.toContain('did not stop in time');
    await waitFor(() => place.living().length === 0, 'nothing lives any more');
    expect(privateFolders(up.pid)).toEqual([]);
    const again = await place.up();
    await expectToldAgain(place, again, event);
    await again.stop();
  }, 180_000);

  it('ends at once at a second signal, and leaves nothing behind', async () => {
    const place = openPlace();
    const up = await hangEverything(place);
    const ended = up.kill('SIGTERM');
    await waitFor(() => up.stdout.includes('stopping'), 'it stops');
    up.kill('SIGTERM').catch(() => undefined);
    expect((await ended).code).toBe(1);
    await waitFor(() => place.living().length === 0, 'nothing lives any more');
    await waitFor(() => privateFolders(up.pid).length === 0, 'its folder is gone');
  }, 180_000);

  it('removes a client that deregisters, before it ends', async () => {
    const place = openPlace();
    const client = { ...NO_SOCKETS, name: 'leaving', deregister: true };
    const checks = { disk: { command: 'exit 2', standalone: true, interval: 1 } };
    await place.write({ 'conf/all.json': { client, checks } });
    const up = await place.up();
    await up.waitFor(() => up.api.get('/events/leaving/disk'), 'there is an event');
    await up.stop();
    await place.write({ 'conf/all.json': { client: { ...client, name: 'another' } } });
    const again = await place.up();
    const clients = (await again.api.get<{ name: string }[]>('/clients')) ?? [];
    expect(clients.map(({ name }) => name)).not.toContain('leaving');
    expect(await again.api.get('/events/leaving')).toEqual([]);
    const removed = await again.api.get<{ items: object[] }>('/api/v1/removals');
    expect(removed?.items).toMatchObject([{ client: 'leaving', check: null }]);
    await again.stop();
  }, 180_000);

  it('goes on when nobody reads what it prints', async () => {
    const place = openPlace();
    await place.write({ 'conf/all.json': { client: NO_SOCKETS } });
    const up = await place.up();
    const watching = place.start(['events', '--watch', '--url', up.url]);
    await waitFor(() => watching.stdout.includes('No open problem'), 'the watch shows what there is');
    up.stopReading();
    watching.stopReading();
    const check = { source: 'web-1', name: 'disk', output: 'full', status: 2 };
    expect(await up.api.post('/results', check)).toBe(202);
    // A watch has no other purpose.
    expect(await watching.ended).toMatchObject({ code: 0, stderr: '' });
    expect(await up.api.post('/results', { ...check, status: 1 })).toBe(202);
    expect(await up.api.get('/events/web-1/disk')).toMatchObject({ check: { status: 1 } });
    expect((await up.stop()).stderr).toBe('');
  }, 180_000);

  it('ends with exit code 4 when its store fails, and then has all that it acknowledged', async () => {
    const place = openPlace();
    await place.write({ 'conf/all.json': {} });
    const up = await place.up({ fileBlocks: 8_000 });
    let acknowledged = 0;
    const output = 'x'.repeat(50_000);
    while (up.running) {
      const check = { source: `web-${acknowledged}`, name: 'disk', output };
      if ((await up.api.post('/results', check).catch(() => 0)) === 202) acknowledged++;
    }
    const { code, stderr } = await up.ended;
    expect(code).toBe(4);
    expect(stderr).toMatch(/^tocsin: The store .*tocsin\.sqlite failed: /m);
    const again = await place.up();
    const clients = (await again.api.get<{ client: string }[]>('/results'))?.map(({ client }) => client);
    const expected = Array.from({ length: acknowledged }, (_, number) => `web-${number}`);
    expect(acknowledged).toBeGreaterThan(0);
    expect(clients).toEqual(expect.arrayContaining(expected));
    await again.stop();
  }, 180_000);

  it(`loses nothing that it acknowledged when killed amid 10,000 results (seed ${SEED})`, async () => {
    await killAmidResults(openPlace(), SEED);
  }, 240_000);
});
