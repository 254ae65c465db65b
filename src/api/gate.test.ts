import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Identity, Recognised } from '../access/index.ts';
import { mayAct, ROLES, type Role } from '../model/access.ts';
import { basicCredentials } from '../runtime/http-caller.ts';
import { createGate, type Entry, neededRole, type Recogniser } from './gate.ts';

const CORS = { Origin: '*' };
const LOOPBACK = { bind: '127.0.0.1', port: 4567, user: undefined, password: undefined, cors: CORS };
const OPEN = { ...LOOPBACK, bind: '0.0.0.0' };
const GUARDED = { ...LOOPBACK, user: 'foo', password: 'bar' };
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

type Row = [method: string, host: string | undefined, origin: string | undefined, status: number];

type ApiSettings = Parameters<typeof createGate>[0];

const somebody = (role: Role): Identity => ({ who: 'ann', how: 'password', role, counts: () => true });

/** Access control in small: on when a user is configured, and `Basic <role>:x` is somebody with that role. */
function recogniser({ user, password }: ApiSettings): Recogniser {
  const isOn = user !== undefined && password !== undefined;
  return {
    isOn: () => isOn,
    recognise(authorization): Recognised {
      if (!isOn) return { ...somebody('admin'), who: null };
      if (authorization === undefined) return 'nothing';
      if (authorization === 'busy') return 'busy';
      const credentials = basicCredentials(authorization);
      if (credentials === `${user}:${password}`) return somebody('admin');
      const role = ROLES.find((one) => credentials === `${one}:x`);
      return role ? somebody(role) : 'wrong';
    },
  };
}

const gateOf = (api: ApiSettings) => createGate(api, recogniser(api));
const statusIn = (entry: Entry | Promise<Entry>) =>
  'refused' in entry ? entry.refused.status : entry instanceof Promise ? undefined : 200;

function statusOf(api: ApiSettings, [method, host, origin]: Row | string[], login?: string) {
  return statusIn(gateOf(api)({ method: method ?? '', host, origin, authorization: login }));
}

describe('secrets', () => {
  const ask = (url: string, origin: string | undefined, cors = CORS) =>
    statusIn(
      gateOf({ ...LOOPBACK, cors })({
        ...{ method: 'GET', host: 'localhost:4567', origin, authorization: undefined, url },
      }),
    );

  it('of routes for administrators are not read by a page of another origin', () => {
    const caller = { method: 'GET', host: 'localhost:4567', origin: 'https://evil.example' };
    const entry = gateOf(LOOPBACK)({ ...caller, authorization: undefined, url: '/api/v1/x', role: 'admin' });
    expect(statusIn(entry)).toBe(403);
  });

  it('are not read by a page of another origin, unless the configuration names it', () => {
    expect(ask('/settings?redacted=false', 'https://evil.example')).toBe(403);
    expect(ask('/settings?redacted=false', undefined)).toBe(200);
    expect(ask('/settings?redacted=false', 'http://localhost:4567')).toBe(200);
    expect(ask('/settings', 'https://evil.example')).toBe(200);
    const named = { Origin: 'https://dashboard.example' };
    expect(ask('/settings?redacted=false', 'https://dashboard.example', named)).toBe(200);
  });
});

describe('the gate on loopback', () => {
  const rows: Row[] = [
    ['POST', '127.0.0.1:4567', undefined, 200],
    ['POST', 'localhost', undefined, 200],
    ['POST', 'LOCALHOST:9', undefined, 200],
    ['DELETE', '[::1]:4567', undefined, 200],
    ['POST', undefined, undefined, 200],
    ['POST', 'evil.example', undefined, 403],
    ['POST', 'localhost.evil.example', undefined, 403],
    ['POST', '127.0.0.1.evil.example:4567', undefined, 403],
    ['POST', 'evil.example@127.0.0.1', undefined, 403],
    ['POST', '', undefined, 403],
    ['GET', 'evil.example', undefined, 403],
    ['HEAD', 'evil.example', undefined, 403],
    ['OPTIONS', 'evil.example', 'https://evil.example', 200],
    ['GET', '127.0.0.1:4567', 'https://evil.example', 200],
    ['POST', '127.0.0.1:4567', 'https://evil.example', 403],
    ['POST', '127.0.0.1:4567', 'http://127.0.0.1:4567', 200],
    ['POST', '127.0.0.1:4567', 'http://localhost:3000', 200],
    ['DELETE', '127.0.0.1:4567', 'null', 403],
    ['PUT', '127.0.0.1:4567', 'file://localhost', 403],
    ['POST', '127.0.0.1:4567', 'http://localhost.evil.example', 403],
  ];
  it.each(rows)('%s, Host %s, Origin %s: %s', (...row) => {
    expect(statusOf(LOOPBACK, row)).toBe(row[3]);
  });

  it('answers to the name it was bound to', () => {
    const named = { ...LOOPBACK, bind: '127.0.0.2' };
    expect(statusOf(named, ['POST', '127.0.0.2:4567', undefined, 200])).toBe(200);
    expect(statusOf(LOOPBACK, ['POST', '127.0.0.2:4567', undefined, 403])).toBe(403);
  });

  it('lets a foreign Host read, but not write, where a password is asked for', () => {
    expect(statusOf(GUARDED, ['GET', 'mon.example', undefined, 200], basic('foo:bar'))).toBe(200);
    expect(statusOf(GUARDED, ['GET', 'mon.example', undefined, 401])).toBe(401);
    expect(statusOf(GUARDED, ['POST', 'mon.example', undefined, 403], basic('foo:bar'))).toBe(403);
  });

  it('lets a page of the origin that the operator named write', () => {
    const named = { ...LOOPBACK, cors: { Origin: 'https://dash.example' } };
    expect(statusOf(named, ['POST', '127.0.0.1', 'https://dash.example', 200])).toBe(200);
    expect(statusOf(named, ['POST', '127.0.0.1', 'https://other.example', 403])).toBe(403);
  });
});

describe('the gate on a public address', () => {
  const rows: Row[] = [
    ['POST', 'mon.example:4567', undefined, 200],
    ['GET', 'mon.example:4567', 'https://other.example', 200],
    ['POST', 'mon.example:4567', 'http://mon.example:4567', 200],
    ['POST', 'mon.example', 'https://mon.example', 200],
    ['POST', 'mon.example:4567', 'http://mon.example:8080', 403],
    ['POST', 'mon.example:4567', 'https://evil.example', 403],
    ['POST', 'mon.example:4567', 'null', 403],
    ['POST', undefined, 'https://evil.example', 403],
  ];
  it.each(rows)('%s, Host %s, Origin %s: %s', (...row) => {
    expect(statusOf(OPEN, row)).toBe(row[3]);
  });
});

describe('roles', () => {
  const ask = (role: Role, caller: { method: string; url?: string; role?: Role | undefined }) =>
    gateOf(GUARDED)({ host: '127.0.0.1', origin: undefined, authorization: basic(`${role}:x`), ...caller });

  it.each([
    ['GET', '/clients', undefined, 'read'],
    ['HEAD', '/clients', undefined, 'read'],
    ['POST', '/silenced', undefined, 'operate'],
    ['DELETE', '/clients/web-1', undefined, 'operate'],
    ['PUT', '/whatever', undefined, 'operate'],
    ['get', '/clients', undefined, 'operate'],
    ['GET', '/settings', undefined, 'read'],
    ['GET', '/settings?redacted=false', undefined, 'admin'],
    ['GET', '/settings?a=b&redacted=false', undefined, 'admin'],
    ['GET', '/api/v1/users', 'admin', 'admin'],
    ['POST', '/api/v1/tokens', 'admin', 'admin'],
  ] as const)('%s %s needs what its route or its method says', (method, url, role, needed) => {
    expect(neededRole({ method, url, role })).toBe(needed);
    for (const own of ROLES) {
      const status = statusIn(ask(own, { method, url, role }));
      expect([own, status]).toEqual([own, mayAct(own, needed) ? 200 : 403]);
    }
  });

  it('are told to those who lack them', () => {
    const entry = ask('read', { method: 'DELETE', url: '/clients/web-1' }) as Entry;
    expect(entry).toMatchObject({
      identity: { who: 'ann' },
      refused: { status: 403, body: { error: 'This needs the role "operate"; ann has the role "read".' } },
    });
  });
});

describe('who is not recognised', () => {
  it.each([
    [undefined, '/clients', { status: 401 }],
    ['Bearer x', '/clients', { status: 401 }],
    ['busy', '/clients', { status: 429 }],
  ])('%s at %s: Sensu’s answer, without a body', (authorization, url, refused) => {
    const entry = gateOf(GUARDED)({
      method: 'GET',
      host: 'localhost',
      origin: undefined,
      authorization,
      url,
    });
    expect(entry).toMatchObject({ refused });
    expect((entry as { refused: object }).refused).not.toHaveProperty('body');
  });

  it.each([
    [undefined, 401, 'Say who you are: a token as Bearer, or a name and a password.'],
    ['Bearer x', 401, 'The name, password or token is wrong, was revoked or has expired.'],
    ['busy', 429, 'Too many failed logins came from this address; try again later.'],
  ])('%s in v1: %s with a sentence', (authorization, status, error) => {
    const url = '/api/v1/status';
    const entry = gateOf(GUARDED)({
      method: 'GET',
      host: 'localhost',
      origin: undefined,
      authorization,
      url,
    });
    expect(entry).toMatchObject({ refused: { status, body: { error } } });
  });

  it('survive anything', () => {
    const gate = gateOf(GUARDED);
    const text = fc.option(fc.string({ unit: 'binary' }), { nil: undefined });
    const caller = fc.record({ method: fc.string(), host: text, origin: text, authorization: text });
    fc.assert(
      fc.property(caller, (random) => {
        const status = statusIn(gate(random));
        expect(random.method === 'OPTIONS' || status !== 200).toBe(true);
      }),
    );
  });
});
