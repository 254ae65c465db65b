import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../model/check.ts';
import { Registry } from '../../state/registry.ts';
import { rawRequest } from '../../testing/api/raw-http.ts';
import { startWorld, type World } from '../../testing/api/world.ts';

interface Captured {
  name: string;
  request: { method: string; path: string; headers: Record<string, string>; body?: string; user?: string };
  status: string;
  headers: string[];
  /** Null: it holds times and counts that differ in each run. */
  body: string | null;
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'));
const CHECKS: Check[] = Object.entries(read('checks.json')).map(([name, check]) => ({
  ...(check as Check),
  name,
}));
const CORS = [
  'Access-Control-Allow-Credentials: true',
  'Access-Control-Allow-Headers: Origin, X-Requested-With, Content-Type, Accept, Authorization',
  'Access-Control-Allow-Methods: GET, POST, PUT, DELETE, OPTIONS',
  'Access-Control-Allow-Origin: *',
];

/** Requests between the captured ones, without which those after them would find nothing. */
const BEFORE: Record<string, { path: string; body: string }> = {
  '077-results_post_min': {
    path: '/results',
    body: '{"name":"api_result","output":"from api","status":1,"source":"api-src","handler":"default"}',
  },
  '141-client_delete': { path: '/clients', body: '{"name":"api-client","address":"10.0.0.9"}' },
};

async function fill(world: World): Promise<void> {
  const { clients, states } = read('registry.json');
  for (const client of clients) await world.client(client);
  for (const { client, state } of states) await world.state(client, state);
}

/** Sends the request again and holds the answer to what was captured, header by header. */
async function compare(world: World, { request, status, headers, body }: Captured): Promise<void> {
  const { user, ...rest } = request;
  const login = user === undefined ? {} : { Authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  const answer = await rawRequest(world.port, { ...rest, headers: { ...login, ...rest.headers } });
  expect(answer.status).toBe(status);
  const seen = answer.headers.map((line) =>
    line.replace(/^X-Request-ID: [0-9a-f-]{36}$/, 'X-Request-ID: new'),
  );
  const id = rest.headers['X-Request-ID'] ?? 'new';
  const wanted = [
    ...CORS,
    ...headers.filter((line) => !line.startsWith('X-Request-ID')),
    `X-Request-ID: ${id}`,
  ];
  const kept = body === null ? seen.filter((line) => !line.startsWith('Content-length')) : seen;
  expect(kept).toEqual(wanted);
  if (body !== null) expect(sorted(answer.body)).toEqual(sorted(body));
}

/** A list's items as texts; they came in the order of a set, which is arbitrary. Times of answers are left out. */
function sorted(body: string): unknown {
  if (body.startsWith('[{'))
    return JSON.parse(body)
      .map((item: unknown) => JSON.stringify(item))
      .sort();
  return body.replace(/^\{"issued":\d+\}$/, '{"issued":0}');
}

describe('answers of Sensu Core 1.9, byte by byte', () => {
  const captured: Captured[] = read('answers.json');
  let world: World;

  beforeAll(async () => {
    world = await startWorld({ checks: CHECKS });
    await fill(world);
    await world.transport.consumeKeepalives(async () => undefined, { size: 1, spacingMs: 0 });
  });
  afterAll(() => world.stop());

  for (const answer of captured) {
    it(answer.name, async () => {
      const { path, body } = BEFORE[answer.name] ?? {};
      if (path) await rawRequest(world.port, { method: 'POST', path, body });
      await compare(world, answer);
    });
  }
});

describe('answers of Sensu Core 1.9 with user and password', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ api: { user: 'foo', password: 'bar' } });
  });
  afterAll(() => world.stop());

  for (const answer of read('answers-with-password.json') as Captured[]) {
    it(answer.name, () => compare(world, answer));
  }
});

describe('answers of Sensu Core 1.9 while something is not connected', () => {
  const captured: Captured[] = read('answers-disconnected.json');
  let world: World;
  let lost = '';
  beforeAll(async () => {
    world = await startWorld();
    const { transport, registry } = world;
    const { store } = registry;
    const gone = (what: object, name: string) =>
      new Proxy(what, {
        get: (target, key) => {
          if (key === 'connected') return lost !== name;
          const value = Reflect.get(target, key);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    const lossy = {
      transport: gone(transport, 'rabbit') as typeof transport,
      registry: new Registry(gone(store, 'redis') as typeof store),
    };
    other = await startWorld({ parts: lossy });
  });
  let other: World;
  afterAll(async () => {
    await other.stop();
    await world.stop();
  });

  for (const answer of captured) {
    it(answer.name, async () => {
      lost = /(rabbit|redis)-lost$/.exec(answer.name)?.[1] ?? '';
      const { user: _user, ...request } = answer.request;
      await compare(other, { ...answer, request });
    });
  }
});
