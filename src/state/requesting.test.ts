import { expect, test } from 'vitest';
import type { Check, CheckRequest } from '../model/check.ts';
import { Counters } from '../runtime/counters.ts';
import { viewsOf } from '../testing/clients.ts';
import { ManualClock } from '../testing/clock.ts';
import { memoryLog } from '../testing/log.ts';
import { requestCheck, requestFor } from './requesting.ts';

const ISSUED = 1_795_245_750;

function open(
  clients: Record<string, unknown>[] = [],
  refuse: (subscription: string) => boolean = () => false,
) {
  const published: { subscription: string; request: CheckRequest }[] = [];
  const transport = {
    async publishRequest(subscription: string, request: CheckRequest) {
      if (refuse(subscription)) throw new Error('no broker');
      published.push({ subscription, request });
      return subscription === 'empty' ? 0 : 1;
    },
  };
  const clock = new ManualClock(ISSUED * 1000 + 999);
  const log = memoryLog();
  const parts = { transport, views: viewsOf(clients), clock, log, counters: new Counters() };
  return { parts, published, log, counters: parts.counters };
}

const disk: Check = {
  name: 'disk',
  command: 'check-disk -w :::disk.warn|80:::',
  subscribers: ['web', 'db'],
  interval: 60,
  playbook: 'http://wiki/disk',
  handlers: ['mail'],
};

test('a request is the definition without subscribers and interval, with name and time of issue', () => {
  expect(requestFor(disk, ISSUED)).toEqual({
    command: 'check-disk -w :::disk.warn|80:::',
    playbook: 'http://wiki/disk',
    handlers: ['mail'],
    name: 'disk',
    issued: ISSUED,
  });
});

test('one that was asked for through the API tells by whom and why, or null', () => {
  const request = requestFor(disk, ISSUED, { reason: 'after the repair', creator: null });
  expect(request['api_requested']).toEqual({ reason: 'after the repair', creator: null });
});

test("each subscriber is asked once, and the transport's answers are counted", async () => {
  const { parts, published, counters } = open();
  expect(await requestCheck(parts, { ...disk, subscribers: ['web', 'empty'] })).toEqual({ published: 2 });
  expect(published.map(({ subscription }) => subscription)).toEqual(['web', 'empty']);
  expect(published[0]?.request).toEqual(requestFor(disk, ISSUED));
  expect(counters.read('requests_published')).toBe(2);
  expect(counters.read('requests_unheard')).toBe(1);
});

test.each<[string, Partial<Check>]>([
  ['unpublished', { publish: false }],
  ['standalone', { standalone: true }],
  ['subdued', { subdue: { days: { all: [{ begin: '0:00', end: '24:00' }] } } }],
])('a check that is %s is asked for all the same', async (_, attributes) => {
  const { parts, published } = open();
  expect(await requestCheck(parts, { ...disk, ...attributes })).toEqual({ published: 2 });
  expect(published.length).toBe(2);
});

test('others can be asked instead of the subscribers of the check', async () => {
  const { parts, published } = open();
  const apiRequested = { reason: null, creator: 'ada' };
  await requestCheck(parts, disk, { subscribers: ['client:i-42'], apiRequested });
  expect(published.map(({ subscription }) => subscription)).toEqual(['client:i-42']);
  expect(published[0]?.request['api_requested']).toEqual(apiRequested);
  expect(await requestCheck(parts, disk, { subscribers: [] })).toEqual({ published: 0 });
  expect(await requestCheck(parts, { name: 'x', command: 'y' })).toEqual({ published: 0 });
});

test('what the transport refuses is logged and not counted as published', async () => {
  const { parts, log } = open([], (subscription) => subscription === 'web');
  expect(await requestCheck(parts, disk)).toEqual({ published: 1 });
  expect(log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields)).toEqual([
    { check: 'disk', subscription: 'web', error: 'no broker' },
  ]);
});

const clients = [
  { name: 'sw-1', kind: 'switch', mib: { port: 1 } },
  { name: 'sw-2', kind: 'switch', mib: {} },
  { name: 'web-1', kind: 'web', mib: { port: 1 } },
];
const uplink: Check = {
  name: 'uplink',
  command: 'check-snmp :::name::: :::mib.port|0:::',
  hooks: { critical: { command: 'trace :::name:::' } },
  subscribers: ['pollers'],
  interval: 60,
  proxy_requests: { client_attributes: { kind: 'switch' }, splay: true },
};

test('a proxy check is asked for once for each client it is for, without splay', async () => {
  const { parts, published } = open(clients);
  const apiRequested = { reason: null, creator: null };
  const asked = await requestCheck(parts, uplink, { subscribers: ['a', 'b'], apiRequested });
  expect(asked).toEqual({ published: 4 });
  expect(published.map(({ subscription, request }) => [subscription, request.source])).toEqual([
    ['a', 'sw-1'],
    ['b', 'sw-1'],
    ['a', 'sw-2'],
    ['b', 'sw-2'],
  ]);
  expect(published[2]?.request).toEqual({
    command: 'check-snmp sw-2 0',
    hooks: { critical: { command: 'trace sw-2' } },
    proxy_requests: uplink.proxy_requests,
    name: 'uplink',
    source: 'sw-2',
    api_requested: apiRequested,
    issued: ISSUED,
  });
  expect(uplink.command).toBe('check-snmp :::name::: :::mib.port|0:::');
});

test.each<[string, Partial<Check>, unknown[]]>([
  ['source', { source: 'rack-:::name:::' }, ['rack-sw-1', 'rack-sw-2']],
  ['a token without a value', { command: 'x :::mib.port:::' }, ['sw-1']],
  ['no attributes wanted', { proxy_requests: { client_attributes: {} } }, []],
  ['nobody with the attributes', { proxy_requests: { client_attributes: { kind: 'printer' } } }, []],
  [
    'a nested attribute',
    { proxy_requests: { client_attributes: { mib: { port: '1' } } } },
    ['sw-1', 'web-1'],
  ],
  [
    'a condition',
    { proxy_requests: { client_attributes: { name: "eval: value.start_with?('sw-')" } } },
    ['sw-1', 'sw-2'],
  ],
  [
    'a condition that cannot be decided everywhere',
    { proxy_requests: { client_attributes: { mib: 'eval: value[:port] > 0' } } },
    ['sw-1', 'web-1'],
  ],
])('a proxy check with %s', async (_, attributes, sources) => {
  const { parts, published } = open(clients);
  await requestCheck(parts, { ...uplink, ...attributes });
  expect(published.map(({ request }) => request.source)).toEqual(sources);
});

test('a subscriber can be named by the client', async () => {
  const { parts, published } = open(clients);
  await requestCheck(parts, { ...uplink, subscribers: ['client::::name:::'] });
  expect(published.map(({ subscription }) => subscription)).toEqual(['client:sw-1', 'client:sw-2']);
});

test('asking for a hundred thousand clients never holds up other work for long', async () => {
  const fleet = Array.from({ length: 100_000 }, (_, index) => ({ name: `sw-${index}`, kind: 'switch' }));
  const { parts, published } = open(fleet);
  let turns = 0;
  let over = false;
  const beside = (async () => {
    for (; !over; turns++) await new Promise((resolve) => setImmediate(resolve));
  })();
  await requestCheck(parts, uplink);
  over = true;
  await beside;
  expect(published.length).toBe(100_000);
  expect(turns).toBeGreaterThan(1_500);
});
