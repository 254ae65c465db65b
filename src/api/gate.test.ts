import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGate } from './gate.ts';

const CORS = { Origin: '*' };
const LOOPBACK = { bind: '127.0.0.1', port: 4567, user: undefined, password: undefined, cors: CORS };
const OPEN = { ...LOOPBACK, bind: '0.0.0.0' };
const GUARDED = { ...LOOPBACK, user: 'foo', password: 'bar' };
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

type Row = [method: string, host: string | undefined, origin: string | undefined, status: number];

function statusOf(
  api: Parameters<typeof createGate>[0],
  [method, host, origin]: Row | string[],
  login?: string,
) {
  const caller = { method: method ?? '', host, origin, authorization: login };
  return createGate(api)(caller)?.status ?? 200;
}

describe('secrets', () => {
  const ask = (url: string, origin: string | undefined, cors = CORS) =>
    createGate({ ...LOOPBACK, cors })({
      ...{ method: 'GET', host: 'localhost:4567', origin, authorization: undefined, url },
    })?.status ?? 200;

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

describe('user and password', () => {
  const local = ['GET', '127.0.0.1', undefined, 200] satisfies Row;
  it.each([
    [basic('foo:bar'), 200],
    [basic('foo:baz'), 401],
    [basic('foo'), 401],
    [basic(':'), 401],
    [`basic ${Buffer.from('foo:bar').toString('base64')}`, 401],
    ['Bearer x', 401],
    ['Basic', 401],
    ['Basic ***', 401],
    [undefined, 401],
  ])('%s: %s', (login, status) => {
    expect(statusOf(GUARDED, local, login)).toBe(status);
  });

  it('may have colons in the password', () => {
    const api = { ...GUARDED, password: 'a:b::c' };
    expect(statusOf(api, local, basic('foo:a:b::c'))).toBe(200);
    expect(statusOf(api, local, basic('foo:a'))).toBe(401);
  });

  it('are asked for only when both are set', () => {
    expect(statusOf({ ...GUARDED, user: undefined }, local)).toBe(200);
    expect(statusOf({ ...GUARDED, password: undefined }, local)).toBe(200);
  });

  it('survive anything', () => {
    const gate = createGate(GUARDED);
    const text = fc.option(fc.string({ unit: 'binary' }), { nil: undefined });
    const caller = fc.record({ method: fc.string(), host: text, origin: text, authorization: text });
    fc.assert(
      fc.property(caller, (random) => {
        const answer = gate(random);
        expect(random.method === 'OPTIONS' ? undefined : answer?.status).not.toBe(200);
      }),
    );
  });
});
