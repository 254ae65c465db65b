import { expect, test } from 'vitest';
import type { Check, CheckRequest } from '../../model/check.ts';
import { nextOnGrid, splayOffsetMs } from '../../model/splay.ts';
import { Counters } from '../../runtime/counters.ts';
import { viewsOf } from '../../testing/clients.ts';
import { ManualClock, settle } from '../../testing/clock.ts';
import { memoryLog } from '../../testing/log.ts';
import { Schedule } from './index.ts';

const HOUR_MS = 3_600_000;

interface World {
  heard?: (subscription: string) => Promise<number | null>;
  clients?: Record<string, unknown>[];
  startMs?: number;
}

function open(checks: Check[], { heard = async () => 1, clients = [], startMs }: World = {}) {
  const clock = new ManualClock(startMs);
  const log = memoryLog();
  const counters = new Counters();
  const published: { subscription: string; request: CheckRequest; atMs: number }[] = [];
  const transport = {
    publishRequest(subscription: string, request: CheckRequest) {
      published.push({ subscription, request, atMs: clock.now() });
      return heard(subscription);
    },
  };
  const schedule = new Schedule({
    checks: byName(checks),
    transport,
    views: viewsOf(clients),
    clock,
    log,
    counters,
    timeZone: 'Europe/Berlin',
  });
  schedule.start();
  const since = (): string[] =>
    published.splice(0).map(({ atMs }) => new Date(atMs).toISOString().slice(11, 19));
  return { clock, log, counters, published, schedule, since };
}

function byName(checks: Check[]): Map<string, Check> {
  return new Map(checks.map((check) => [check.name, check]));
}

test.each([
  ['test', 60, 17.601],
  ['test', 3600, 3497.601],
  ['i-424242:test', 60, 3.321],
  ['i-424242:test', 3600, 783.321],
])('the first run of %s at interval %i is %f s away, as in the original', (key, interval, splay) => {
  const nowMs = 1_414_213_569_032;
  expect((nextOnGrid(nowMs, splayOffsetMs(key, interval * 1000), interval * 1000) - nowMs) / 1000).toBe(
    splay,
  );
});

test('each subscription gets one request for each interval', async () => {
  const { clock, published, counters } = open([
    { name: 'disk', command: 'x', interval: 60, subscribers: ['web', 'db'] },
  ]);
  await clock.advance(10 * 60_000);
  expect(published.filter(({ subscription }) => subscription === 'web').length).toBe(10);
  expect(published.filter(({ subscription }) => subscription === 'db').length).toBe(10);
  expect(published.every(({ request, atMs }) => request.issued === Math.floor(atMs / 1000))).toBe(true);
  expect(counters.read('requests_published')).toBe(20);
});

test('standalone and unpublished checks are not scheduled here', async () => {
  const { clock, published } = open([
    { name: 'a', command: 'x', interval: 1, standalone: true },
    { name: 'b', command: 'x', interval: 1, subscribers: ['web'], publish: false },
    { name: 'c', command: 'x', cron: '* * * * *', subscribers: ['web'], publish: false },
    { name: 'd', command: 'x', subscribers: ['web'], publish: false },
  ]);
  await clock.advance(120_000);
  expect(published).toEqual([]);
});

test.each([
  ['forward', (clock: ManualClock) => clock.step(HOUR_MS)],
  ['back', (clock: ManualClock) => clock.step(-HOUR_MS)],
  ['by sleep', (clock: ManualClock) => clock.suspend(HOUR_MS)],
])('time jumps %s by an hour: each check runs once, then on its grid', async (_, happen) => {
  const checks = Array.from({ length: 20 }, (_unused, index) => ({
    name: `c${index}`,
    command: 'x',
    interval: 60,
    subscribers: ['web'],
  }));
  const { clock, published } = open(checks);
  await clock.advance(120_000);
  const counts = (): number[] => {
    const runs = published.splice(0);
    return checks.map(({ name }) => runs.filter(({ request }) => request.name === name).length);
  };
  counts();
  happen(clock);
  const overdue = clock.now() > 1_800_000_000_000 + 120_000;
  await clock.advance(overdue ? 2_000 : 60_000);
  const caughtUp = counts();
  expect(caughtUp.every((count) => count >= 1 && count <= (overdue ? 2 : 1))).toBe(true);
  await clock.advance(180_000);
  expect(counts()).toEqual(checks.map(() => 3));
});

test('a request nobody hears is counted, one that cannot be published is logged, and the schedule goes on', async () => {
  const { clock, counters, log } = open(
    [{ name: 'disk', command: 'x', interval: 60, subscribers: ['web', 'down'] }],
    {
      heard: async (subscription) => {
        if (subscription === 'down') throw new Error('no broker');
        return 0;
      },
    },
  );
  await clock.advance(120_000);
  expect(counters.read('requests_unheard')).toBe(2);
  expect(log.lines.filter(({ message }) => message === 'could not publish check request').length).toBe(2);
});

const SATURDAY_MS = Date.UTC(2026, 10, 21, 10, 59, 30);
const cronCheck: Check = { name: 'report', command: 'x', cron: '*/5 * * * *', subscribers: ['web'] };

test('cron wins over interval', async () => {
  const { clock, since } = open([{ ...cronCheck, interval: 1 }], { startMs: SATURDAY_MS });
  await clock.advance(600_000);
  expect(since()).toEqual(['11:00:00', '11:05:00']);
});

test('a subdued check is logged and counted, not asked for', async () => {
  const subdue = { days: { saturday: [{ begin: '12:00', end: '12:09' }] } };
  const { clock, since, log, counters } = open([{ ...cronCheck, subdue }], { startMs: SATURDAY_MS });
  await clock.advance(1_200_000);
  expect(since()).toEqual(['11:10:00', '11:15:00']);
  expect(counters.read('requests_subdued')).toBe(2);
  const lines = log.lines.filter(({ message }) => message === 'check request was subdued');
  expect(lines.map(({ level, fields }) => [level, fields])).toEqual([
    ['info', { check: 'report' }],
    ['info', { check: 'report' }],
  ]);
});

test.each([
  ['spring', Date.UTC(2026, 2, 28, 23), ['01:00:00']],
  ['autumn', Date.UTC(2026, 9, 24, 22), ['00:30:00']],
])('through the night in %s, a check at 02:30 runs once', async (_, startMs, wanted) => {
  const { clock, since } = open([{ ...cronCheck, cron: '30 2 * * *' }], { startMs });
  await clock.advance(5 * HOUR_MS);
  expect(since()).toEqual(wanted);
});

const clients = [
  { name: 'sw-1', kind: 'switch', port: 1 },
  { name: 'sw-2', kind: 'switch' },
  { name: 'web-1', kind: 'web' },
  { name: 'sw-3', kind: 'switch', port: 3 },
];
const proxied: Check = {
  name: 'uplink',
  command: 'check :::name::: :::port|0:::',
  cron: '* * * * *',
  subscribers: ['pollers'],
  proxy_requests: { client_attributes: { kind: 'switch' } },
};

test('a proxy check is asked for once for each client with the attributes', async () => {
  const { clock, published } = open([proxied], { clients, startMs: SATURDAY_MS });
  await clock.advance(30_000);
  expect(
    published.map(({ subscription, request }) => [subscription, request.source, request.command]),
  ).toEqual([
    ['pollers', 'sw-1', 'check sw-1 1'],
    ['pollers', 'sw-2', 'check sw-2 0'],
    ['pollers', 'sw-3', 'check sw-3 3'],
  ]);
  expect(published[0]?.request.proxy_requests).toEqual({ client_attributes: { kind: 'switch' } });
  expect(published[0]?.request).not.toHaveProperty('subscribers');
});

test.each([
  ['cron', {}, 90, 18],
  ['cron', { splay_coverage: 50 }, 50, 10],
  ['interval', {}, 90, 18],
])('with %s and splay %j, requests are spread over %i percent of the time', async (kind, splay, _, gap) => {
  const when = kind === 'cron' ? {} : { cron: undefined, interval: 60 };
  const proxy_requests = { client_attributes: { kind: 'switch' }, splay: true, ...splay };
  const check = { ...proxied, ...when, proxy_requests } as Check;
  if (kind === 'interval') delete check.cron;
  const { clock, published } = open([check], { clients, startMs: SATURDAY_MS });
  const pending = clock.pending;
  await clock.advance(59_000);
  await clock.advance(31_000);
  const [first = 0, second = 0, third = 0] = published.map(({ atMs }) => atMs);
  expect(second - first).toBe(gap * 1000);
  expect(third - second).toBe(gap * 1000);
  expect(published[2]?.request.issued).toBe(Math.floor(third / 1000));
  expect(clock.pending).toBeLessThanOrEqual(pending + 1);
});

const many = Array.from({ length: 3000 }, (_, index) => ({ name: `sw-${index}`, kind: 'switch' }));
const spread: Check = { ...proxied, proxy_requests: { client_attributes: { kind: 'switch' }, splay: true } };

/** Lets the round of 12:00 begin, whose clients are chosen in many turns, and brings it to its middle. */
async function toTheMiddle(clock: ManualClock): Promise<void> {
  await clock.advance(30_000);
  for (let turn = 0; turn < 30; turn++) await settle();
  await clock.advance(27_000);
}

test('one timer spreads the requests of very many clients, and all go out in their time', async () => {
  const { clock, published } = open([spread], { clients: many, startMs: SATURDAY_MS });
  await toTheMiddle(clock);
  expect(clock.pending).toBe(2);
  const half = published.length;
  expect(half).toBeGreaterThan(1450);
  expect(half).toBeLessThan(1550);
  await clock.advance(27_100);
  expect(new Set(published.map(({ request }) => request.source)).size).toBe(3000);
  expect(published.length).toBe(3000);
});

test.each([
  ['stop', (schedule: Schedule) => schedule.stop()],
  ['a reload without the check', (schedule: Schedule) => schedule.reload(new Map())],
  [
    'a reload that changes the check',
    (schedule: Schedule) => schedule.reload(byName([{ ...spread, command: 'y' }])),
  ],
])('%s ends the round of a proxy check', async (_, end) => {
  const { clock, published, schedule } = open([spread], { clients: many, startMs: SATURDAY_MS });
  await toTheMiddle(clock);
  published.splice(0);
  end(schedule);
  await clock.advance(30_000);
  expect(published).toEqual([]);
});

test('a reload that leaves the check as it was leaves its round under way', async () => {
  const { clock, published, schedule } = open([spread], { clients: many, startMs: SATURDAY_MS });
  await toTheMiddle(clock);
  schedule.reload(byName([structuredClone(spread), cronCheck]));
  await clock.advance(27_100);
  expect(published.filter(({ request }) => request.name === 'uplink').length).toBe(3000);
});

test('a proxy check whose requests are not all out is not asked for again meanwhile', async () => {
  const stuck = new Promise<number>(() => {});
  const { clock, published, counters } = open([proxied], {
    clients,
    startMs: SATURDAY_MS,
    heard: () => stuck,
  });
  await clock.advance(180_000);
  expect(published.length).toBe(3);
  expect(counters.read('proxy_rounds_skipped')).toBe(2);
});

test('a token without a value is told once, counted each time, and the other clients are asked for', async () => {
  const { clock, published, counters, log } = open([{ ...proxied, command: 'check :::port:::' }], {
    clients,
    startMs: SATURDAY_MS,
  });
  await clock.advance(120_000);
  expect(published.map(({ request }) => request.source)).toEqual(['sw-1', 'sw-3', 'sw-1', 'sw-3']);
  expect(counters.read('proxy_requests_unmatched')).toBe(2);
  expect(log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields)).toEqual([
    { check: 'uplink', client: 'sw-2', unmatched_tokens: ['port'] },
  ]);
});

test('a reload neither skips nor repeats the moment of a check that keeps its time', async () => {
  const kept: Check = { name: 'disk', command: 'x', interval: 60, subscribers: ['web'] };
  const { clock, published, schedule } = open([kept, cronCheck], { startMs: SATURDAY_MS });
  for (let turn = 0; turn < 100; turn++) {
    await clock.advance(7_100);
    schedule.reload(
      byName([
        { ...kept, command: `x ${turn}` },
        { ...cronCheck, handlers: [`h${turn}`] },
      ]),
    );
  }
  await clock.advance(10_000);
  const of = (name: string): number[] =>
    published.filter(({ request }) => request.name === name).map(({ atMs }) => atMs);
  const disk = of('disk');
  expect(disk.length).toBe(12);
  expect(disk.every((atMs, index) => index === 0 || atMs - (disk[index - 1] ?? 0) === 60_000)).toBe(true);
  expect(of('report').length).toBe(3);
});

test('a reload takes up new definitions, times and subdues', async () => {
  const { clock, published, schedule, since } = open([cronCheck], { startMs: SATURDAY_MS });
  schedule.reload(byName([{ ...cronCheck, cron: '*/2 * * * *', command: 'y' }]));
  await clock.advance(180_000);
  expect(published.map(({ request }) => request.command)).toEqual(['y', 'y']);
  expect(since()).toEqual(['11:00:00', '11:02:00']);
  schedule.reload(byName([{ ...cronCheck, subdue: { days: { all: [{ begin: '0:00', end: '24:00' }] } } }]));
  await clock.advance(600_000);
  expect(since()).toEqual([]);
});

test('a reload with a cron that cannot be read throws and changes nothing', async () => {
  const { clock, since, schedule } = open([cronCheck], { startMs: SATURDAY_MS });
  const wrong = byName([{ ...cronCheck, cron: 'often' }]);
  expect(() => schedule.reload(wrong)).toThrow('the cron expression of "report" cannot be read');
  await clock.advance(60_000);
  expect(since()).toEqual(['11:00:00']);
});
