import { expect } from 'vitest';
import { stateName } from '../../src/state/documents.ts';
import { writing } from '../../src/state/registry.ts';
import { until } from '../../src/testing/until.ts';
import { type House, settingsOf, startHouse } from './house.ts';

export interface Told {
  status: number;
  /** Parsed JSON; undefined: there was none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of the body
  body: any;
  headers: Headers;
}

/** The real API with a real server behind it, and what a test needs to speak with it. */
export interface ApiWorld {
  house: House;
  /** Requests that were published since the world was cleared. */
  requests: { subscription: string; request: Record<string, unknown> }[];
  /** Asks with user and password, unless `headers` say otherwise. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Told>;
  /** Asks, and holds the answer to a status. */
  expects(status: number, method: string, path: string, body?: unknown): Promise<Told>;
  client(name: string, attributes?: Record<string, unknown>): Promise<void>;
  /** Has a result taken by the server; resolves when it shows. */
  result(client: string, check: string, status: number, attributes?: Record<string, unknown>): Promise<void>;
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export const LOGIN = { Authorization: `Basic ${Buffer.from('foo:bar').toString('base64')}` };
const KINDS = ['client', 'state', 'silence', 'stash', 'signature', 'delivery'];

export async function startApiWorld(): Promise<ApiWorld> {
  const settings = await settingsOf('api/catalogue.json');
  const requests: ApiWorld['requests'] = [];
  const house = await startHouse({
    settings,
    around: ({ transport }) => ({
      transport: new Proxy(transport, {
        get(target, key) {
          const value = Reflect.get(target, key);
          if (typeof value !== 'function') return value;
          if (key !== 'publishRequest') return value.bind(target);
          return (subscription: string, request: Record<string, unknown>) => {
            requests.push({ subscription, request });
            return target.publishRequest(subscription, request as never);
          };
        },
      }),
    }),
  });
  const call: ApiWorld['call'] = async (method, path, body, headers = LOGIN) => {
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const answer = await fetch(house.url + path, {
      method,
      headers,
      ...(text === undefined ? {} : { body: text }),
    });
    const told = await answer.text();
    return {
      status: answer.status,
      body: told === '' ? undefined : JSON.parse(told),
      headers: answer.headers,
    };
  };
  return {
    ...{ house, requests, call },
    async expects(status, method, path, body) {
      const told = await call(method, path, body);
      expect([method, path, told.status]).toEqual([method, path, status]);
      return told;
    },
    client: (name, attributes = {}) => register(house, name, attributes),
    result: (client, check, status, attributes = {}) => report(house, client, check, status, attributes),
    async clear() {
      await clear(house);
      requests.length = 0;
    },
    stop: () => house.stop(),
  };
}

async function register({ registry, views }: House, name: string, attributes: object): Promise<void> {
  const client = {
    name,
    address: '127.0.0.1',
    subscriptions: [`client:${name}`],
    timestamp: 1,
    ...attributes,
  };
  const { signature = '' } = attributes as { signature?: string };
  const state = { client, signature, seenAttendedMs: 0, seenAtMs: 0 };
  await registry.store.commit([{ writes: [writing('client', name, state)] }]);
  await views.shown();
}

async function report(
  { transport, views, clock }: House,
  client: string,
  name: string,
  status: number,
  attributes: object,
): Promise<void> {
  const before = views.state(client, name);
  const executed = Math.floor(clock.now() / 1000);
  const check = { name, output: 'said', status, issued: executed, executed, ...attributes };
  const { signature } = views.client(client)?.client ?? {};
  await transport.publishResult({ body: { client, check, ...(signature ? { signature } : {}) } });
  await until(() => views.state(client, name) !== before, `${stateName(client, name)} shows`);
  await views.shown();
}

async function clear({ registry, views }: House): Promise<void> {
  for (const kind of KINDS) {
    const { items } = await registry.store.list(kind);
    await registry.store.commit([{ writes: items.map(({ name }) => ({ kind, name, value: undefined })) }]);
  }
  await views.shown();
}
