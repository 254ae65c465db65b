import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { exchange, rawRequest, takeApart } from '../../testing/api/raw-http.ts';
import { startWorld, type World } from '../../testing/api/world.ts';
import { testSettings } from '../../testing/settings.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({
    checks: [
      { name: 'disk', command: 'x' },
      { name: 'alone', command: 'x', standalone: true },
    ],
  });
});
afterEach(() => world.clear());
afterAll(() => world.stop());

async function call(method: string, path: string, body?: unknown) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(world.url + path, { method, ...(text === undefined ? {} : { body: text }) });
  const answer = await response.text();
  return {
    status: response.status,
    body: answer === '' ? undefined : JSON.parse(answer),
    headers: response.headers,
  };
}

const now = () => Math.floor(Date.now() / 1000);
const isNow = (seconds: unknown) => expect(Math.abs(Number(seconds) - now())).toBeLessThanOrEqual(2);

describe('events', () => {
  it.each([
    ['DELETE /events', () => call('DELETE', '/events/i-42/disk')],
    ['DELETE /incidents', () => call('DELETE', '/incidents/i-42/disk')],
    ['POST /resolve', () => call('POST', '/resolve', { client: 'i-42', check: 'disk', dc: 'x' })],
  ])('are resolved by %s through the transport', async (_name, resolve) => {
    await world.client({ name: 'i-42', signature: 's3' });
    await world.result('i-42', 'disk', 2, 'full');
    expect((await call('GET', '/events')).body).toMatchObject([{ check: { name: 'disk', history: ['2'] } }]);

    const answer = await resolve();
    expect(answer.status).toBe(202);
    isNow(answer.body.issued);
    const { check, ...rest } = world.taken.at(-1) ?? {};
    expect(rest).toEqual({ client: 'i-42', signature: 's3' });
    const issued = answer.body.issued;
    expect(check).toEqual({
      ...{ name: 'disk', status: 0, output: 'Resolving on request of the API', force_resolve: true },
      ...{ issued, executed: issued, total_state_change: 0 },
    });
    expect((await call('GET', '/events')).body).toEqual([]);
    expect((await call('GET', '/results/i-42/disk')).body.check).toMatchObject({
      status: 0,
      history: [2, 0],
    });
    expect((await resolve()).status).toBe(404);
  });

  it('are shown without the secrets that their client was registered with', async () => {
    const client = { name: 'nas', address: '', subscriptions: [], timestamp: 1, snmp: { community: 'c' } };
    const own = { ...client, name: 'own', redact: ['pin'], pin: 'x' };
    for (const one of [client, own]) {
      const event = { ...eventOf(one.name, 'disk'), client: one };
      await world.state(one.name, { check: { name: 'disk', status: 1, output: '' }, event });
    }
    const hidden = { snmp: { community: 'REDACTED' } };
    expect((await call('GET', '/events/nas/disk')).body.client).toMatchObject(hidden);
    expect((await call('GET', '/events/nas')).body).toMatchObject([{ client: hidden }]);
    expect((await call('GET', '/events')).body).toMatchObject([
      { client: hidden },
      { client: { pin: 'REDACTED', snmp: { community: 'c' } } },
    ]);
    expect((await call('GET', '/events?filter.client.snmp.community=c')).body).toMatchObject([
      { client: { name: 'own' } },
    ]);
    expect((await call('GET', '/events?filter.client.pin=x')).body).toEqual([]);
  });

  it('carry no signature for a client that is not registered', async () => {
    await world.state('ghost', {
      check: { name: 'disk', status: 1, output: '' },
      event: eventOf('ghost', 'disk'),
    });
    expect((await call('DELETE', '/events/ghost/disk')).status).toBe(202);
    expect(world.taken.at(-1)).not.toHaveProperty('signature');
  });
});

describe('results', () => {
  it('are published as the API’s own, as if they ran now', async () => {
    const answer = await call('POST', '/results', {
      ...{
        name: 'backup',
        output: 'done',
        status: 1,
        issued: 5,
        executed: 6,
        source: 'nas',
        custom: { a: 1 },
      },
    });
    expect(answer.status).toBe(202);
    const { issued } = answer.body;
    isNow(issued);
    expect(JSON.stringify(world.taken)).toBe(
      `[{"client":"sensu-api","check":{"name":"backup","output":"done","status":1,"source":"nas","custom":{"a":1},"executed":${issued},"issued":${issued}}}]`,
    );
    expect((await call('GET', '/results/nas/backup')).body.check.history).toEqual([1]);
  });

  it.each([
    ['a name', { output: 'x' }],
    ['a good name', { name: 'a b', output: 'x' }],
    ['a whole status', { name: 'a', output: 'x', status: 1.5 }],
    ['a text as output', { name: 'a', output: 1 }],
    ['a filled source', { name: 'a', output: 'x', source: '' }],
    ['handlers as an array', { name: 'a', output: 'x', handlers: 'default' }],
    ['both thresholds', { name: 'a', output: 'x', low_flap_threshold: 1 }],
    ['whole thresholds', { name: 'a', output: 'x', low_flap_threshold: '1', high_flap_threshold: '2' }],
    ['a ttl above 0', { name: 'a', output: 'x', ttl: 0 }],
    ['good aggregates', { name: 'a', output: 'x', aggregates: ['a b'] }],
  ])('need %s', async (_name, body) => {
    expect(await call('POST', '/results', body)).toMatchObject({ status: 400, body: undefined });
    expect(world.taken).toEqual([]);
  });

  it('may be 10 MiB long, everything else 1 MiB', async () => {
    const output = 'x'.repeat(9 * 1024 * 1024);
    expect((await call('POST', '/results', { name: 'long', output })).status).toBe(202);
    const long = JSON.stringify({ name: 'i-1', address: 'x'.repeat(1_100_000) });
    const refused = await rawRequest(world.port, { method: 'POST', path: '/clients', body: long });
    expect(refused).toMatchObject({ status: '413 Payload Too Large', body: '' });
    const longest = JSON.stringify({ name: 'long', output: 'x'.repeat(11 * 1024 * 1024) });
    const head = `POST /results HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${longest.length}\r\n\r\n`;
    expect(takeApart(await exchange(world.port, head)).status).toBe('413 Payload Too Large');
  });

  it('are forgotten alone: the event stays, and the next result begins a new history', async () => {
    await world.result('i-42', 'disk', 2);
    await world.result('i-42', 'disk', 2);
    expect((await call('DELETE', '/results/i-42/disk')).status).toBe(204);
    expect((await call('GET', '/results/i-42/disk')).status).toBe(404);
    expect((await call('GET', '/results?limit=5')).headers.get('x-pagination')).toContain('"total":0');
    expect((await call('GET', '/clients/i-42/history')).body).toEqual([]);
    expect((await call('GET', '/events/i-42/disk')).body.occurrences).toBe(2);
    expect((await call('DELETE', '/results/i-42/disk')).status).toBe(404);
    await world.result('i-42', 'disk', 2);
    expect((await call('GET', '/results/i-42/disk')).body.check.history).toEqual([2]);
    await world.result('i-42', 'disk', 0);
    expect((await call('DELETE', '/results/i-42/disk')).status).toBe(204);
    expect(world.views.state('i-42', 'disk')).toBeUndefined();
  });

  it('of one check are forgotten at all clients', async () => {
    for (const client of ['a', 'b', 'c']) {
      await world.result(client, 'disk', 0);
      await world.result(client, 'cpu', 0);
    }
    expect((await call('DELETE', '/checks/disk')).status).toBe(202);
    const left = (await call('GET', '/results')).body as { check: { name: string } }[];
    expect(left.map(({ check }) => check.name)).toEqual(['cpu', 'cpu', 'cpu']);
    expect((await call('DELETE', '/checks/never-heard-of')).status).toBe(202);
  });
});

describe('clients', () => {
  it('are registered with what they need, and shown without their secrets', async () => {
    const body = {
      name: 'printer',
      address: '10.0.0.7',
      subscriptions: ['a', 'a'],
      snmp: { community: 'x' },
      signature: 's',
    };
    expect(await call('POST', '/clients', body)).toMatchObject({ status: 201, body: { name: 'printer' } });
    const { timestamp, ...shown } = (await call('GET', '/clients/printer')).body;
    isNow(timestamp);
    expect(shown).toEqual({
      ...body,
      ...{
        subscriptions: ['a', 'client:printer'],
        snmp: { community: 'REDACTED' },
        keepalives: false,
        version: '1.9.0',
      },
    });
    expect(world.views.client('printer')).toMatchObject({
      signature: 's',
      client: { snmp: { community: 'x' } },
    });
    await call('POST', '/clients', { name: 'printer', address: 'new' });
    expect(world.views.client('printer')).toMatchObject({ signature: 's', client: { address: 'new' } });
  });

  it('are noted as not heard of, unless they were', async () => {
    await world.client({ name: 'known' });
    for (const name of ['known', 'printer', 'printer']) {
      await call('POST', '/clients', { name, address: '10.0.0.7' });
    }
    expect(world.views.client('printer')?.posted).toBe(true);
    expect(world.views.client('known')).not.toHaveProperty('posted');
  });

  it('name the members to hide themselves', async () => {
    await world.client({ name: 'a', redact: ['pin'], pin: 1, password: 'shown' });
    expect((await call('GET', '/clients')).body).toMatchObject([{ pin: 'REDACTED', password: 'shown' }]);
  });

  it('are removed with their results and logs, after their events were resolved', async () => {
    await world.client({ name: 'i-42' });
    await world.client({ name: 'i-421' });
    await world.result('i-42', 'disk', 2);
    await world.result('i-42', 'cpu', 1);
    await world.result('i-421', 'disk', 2);
    const answer = await call('DELETE', '/clients/i-42');
    expect(answer.status).toBe(202);
    isNow(answer.body.issued);
    const resolves = world.taken.filter(({ check }) => check.force_resolve === true);
    expect(resolves.map(({ client, check }) => `${client}/${check.name}`).sort()).toEqual([
      'i-42/cpu',
      'i-42/disk',
    ]);
    expect((await call('GET', '/clients')).body).toMatchObject([{ name: 'i-421' }]);
    expect((await call('GET', '/results')).body).toMatchObject([{ client: 'i-421' }]);
    expect(await world.registry.log('transitions', 'i-42', 'disk')).toEqual([]);
    expect(await world.registry.log('transitions', 'i-421', 'disk')).toHaveLength(1);
    expect((await call('DELETE', '/clients/i-42')).status).toBe(404);
  });

  it.each([
    ['invalidate=true', null],
    ['invalidate=false&invalidate_expire=60', 60_000],
    ['invalidate=true&invalidate_expire=soon', null],
  ])('are kept away by %s', async (query, lastsMs) => {
    await world.client({ name: 'i-42' });
    await world.result('i-42', 'disk', 2);
    const beforeMs = Date.now();
    expect((await call('DELETE', `/clients/i-42?${query}`)).status).toBe(202);
    expect((await call('GET', '/clients/i-42')).status).toBe(404);
    const kept = world.views.signature('i-42');
    expect(kept?.signature).toBe('invalidated');
    if (lastsMs === null) expect(kept?.endsAtMs).toBeNull();
    else expect(Math.abs((kept?.endsAtMs ?? 0) - beforeMs - lastsMs)).toBeLessThan(5_000);
  });

  it('are not kept away by an empty "invalidate"', async () => {
    await world.client({ name: 'i-42' });
    expect((await call('DELETE', '/clients/i-42?invalidate=')).status).toBe(202);
    expect(world.views.signature('i-42')).toBeUndefined();
  });
});

describe('a server that takes nothing', () => {
  it('makes the API say so, and nothing is removed', async () => {
    const deaf = await startWorld({ consumer: false, limits: { acknowledgeMs: 30 } });
    try {
      await deaf.client({ name: 'i-42' });
      await deaf.state('i-42', {
        check: { name: 'disk', status: 2, output: '' },
        event: eventOf('i-42', 'disk'),
      });
      for (const path of ['/events/i-42/disk', '/clients/i-42']) {
        const answer = await fetch(deaf.url + path, { method: 'DELETE' });
        expect(answer.status).toBe(500);
        expect(await answer.json()).toEqual({ error: expect.stringContaining('0.03 s') });
      }
      expect(deaf.views.client('i-42')).toBeDefined();
      expect(deaf.counters.read('api_failed')).toBe(2);
      const body = JSON.stringify({ name: 'a', output: 'x' });
      expect((await fetch(`${deaf.url}/results`, { method: 'POST', body })).status).toBe(500);
    } finally {
      await deaf.stop();
    }
  });
});

describe('checks', () => {
  it('leave out those that agents run by themselves', async () => {
    expect((await call('GET', '/checks')).body).toEqual([{ command: 'x', name: 'disk' }]);
    expect((await call('GET', '/checks/alone')).status).toBe(404);
  });
});

describe('settings', () => {
  it('leave out what the client names as secret, and passwords in addresses, unless asked for', async () => {
    const document = { client: { redact: ['pin'], pin: 1, password: 'x' }, redis: 'redis://u:secret@h' };
    const settings = { ...testSettings(), document };
    const own = await startWorld({ parts: { settings } });
    onTestFinished(() => own.stop());
    const ask = async (path: string) => (await fetch(own.url + path)).json();
    expect(await ask('/settings')).toEqual({
      client: { redact: ['pin'], pin: 'REDACTED', password: 'REDACTED' },
      redis: 'redis://REDACTED@h',
    });
    expect(await ask('/settings?redacted=false')).toEqual(document);
  });
});

describe('lists that change while they are read', () => {
  it('hold each thing at most once, all that stayed, and are JSON', async () => {
    const name = (index: number) => `i-${String(index).padStart(4, '0')}`;
    const check = { name: 'disk', status: 1, output: 'x'.repeat(2_000) };
    const writes = (from: number, to: number, isThere: boolean) =>
      Array.from({ length: to - from }, (_, index) => ({
        kind: 'state',
        name: `${name(from + index)}/disk`,
        value: isThere
          ? {
              ...{
                check,
                history: [1],
                last_ok: null,
                event: eventOf(name(from + index), 'disk'),
                taken: [],
              },
              today: { day: 0, ok: 0, warning: 0, critical: 0, unknown: 0 },
            }
          : undefined,
      }));
    await world.store.commit([{ writes: writes(0, 2_000, true) }]);
    await world.views.shown();
    const reading = ['/results', '/events', '/results?limit=500&offset=1400'].map(async (path) => {
      const { body, headers } = await call('GET', path);
      return { items: body as { client: unknown }[], headers };
    });
    for (let round = 0; round < 20; round++) {
      await world.store.commit([{ writes: writes(round * 50, round * 50 + 50, false) }]);
      await world.store.commit([{ writes: writes(2_000 + round * 50, 2_050 + round * 50, true) }]);
      await world.store.commit([{ writes: writes(1_000, 1_050, true) }]);
    }
    const [results, events, part] = await Promise.all(reading);
    const namesOf = (list: typeof results) =>
      (list?.items ?? []).map(({ client }) => (client as { name?: string }).name ?? client);
    for (const list of [results, events]) {
      const names = namesOf(list);
      expect(new Set(names).size).toBe(names.length);
      for (let index = 1_050; index < 2_000; index++) expect(names).toContain(name(index));
    }
    expect(namesOf(part).length).toBeLessThanOrEqual(500);
    expect(new Set(namesOf(part)).size).toBe(namesOf(part).length);
    const later = await call('GET', '/results?limit=10&offset=1990');
    expect(later.body).toHaveLength(10);
    expect((await call('GET', '/results?limit=10&offset=2000')).body).toEqual([]);
  });
});

describe('info and health', () => {
  it('tell versions, queues and connections', async () => {
    expect((await call('GET', '/info')).body).toEqual({
      sensu: { version: '1.9.0', settings: { hexdigest: expect.stringMatching(/^[0-9a-f]{64}$/) } },
      transport: {
        name: 'memory',
        keepalives: { messages: 0, consumers: 0 },
        results: { messages: 0, consumers: 1 },
        connected: true,
      },
      redis: { connected: true },
      servers: [],
    });
  });

  it('tell what is too much, too little, and gone', async () => {
    const deaf = await startWorld({ consumer: false });
    onTestFinished(() => deaf.stop());
    const ask = async (path: string) => (await fetch(deaf.url + path)).json();
    expect((await call('GET', '/health?consumers=1&messages=0')).body).toEqual([
      'keepalive consumers (0) less than min_consumers (1)',
    ]);
    void deaf.transport.publishKeepalive({ body: {} }).catch(() => undefined);
    expect(await ask('/health?messages=0')).toEqual(['keepalive messages (1) greater than max_messages (0)']);
    await deaf.transport.close();
    expect(await ask('/health')).toEqual(['not connected to transport']);
    const unknown = { messages: null, consumers: null };
    expect(await ask('/info')).toMatchObject({
      transport: { name: 'memory', keepalives: unknown, results: unknown, connected: false },
    });
  });
});

describe('the wire', () => {
  it('answers HEAD as GET, without the body', async () => {
    await world.result('i-42', 'disk', 0);
    const answer = await rawRequest(world.port, { method: 'HEAD', path: '/results?limit=1' });
    expect(answer).toMatchObject({ status: '200 OK', body: '' });
    expect(answer.headers).toContain('X-Pagination: {"limit":1,"offset":0,"total":1}');
    expect(answer.headers).toContain('Content-length: 0');
    expect(answer.headers.filter((line) => line.startsWith('Content-type'))).toEqual([]);
  });

  it('ignores bytes behind a body', async () => {
    for (const rest of ['\n\n', '\r\n\r\n', 'garbage that is no request', '\0'.repeat(1000)]) {
      const body = '{"name":"a","output":"x"}';
      const head = `POST /results HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
      expect(takeApart(await exchange(world.port, head + body + rest)).status).toBe('202 Accepted');
    }
  });

  it('keeps a connection for whoever asks, unless something was wrong', async () => {
    const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n`;
    const text = await exchange(
      world.port,
      `${ask('/clients')}${ask('/events')}${ask('/nope')}${ask('/results')}`,
    );
    expect(text.match(/HTTP\/1.1 .*/g)).toEqual([
      'HTTP/1.1 200 OK',
      'HTTP/1.1 200 OK',
      'HTTP/1.1 404 Not Found',
    ]);
    expect(text.match(/^Connection: .*$/gm)).toEqual([
      'Connection: keep-alive',
      'Connection: keep-alive',
      'Connection: close',
    ]);
  });

  it('takes a body in chunks, of any type or none', async () => {
    const head = 'POST /results HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n';
    const chunks = '19\r\n{"name":"a","output":"x"}\r\n0\r\n\r\n';
    for (const type of ['', 'Content-Type: \r\n', 'Content-Type: ???\r\n', 'Content-Type: text/html\r\n']) {
      expect(takeApart(await exchange(world.port, `${head}${type}\r\n${chunks}`)).status).toBe(
        '202 Accepted',
      );
    }
  });

  it('makes its own request id where the given one is odd', async () => {
    const headers = { 'X-Request-ID': 'a b' };
    const answer = await rawRequest(world.port, { method: 'GET', path: '/checks', headers });
    expect(answer.headers.at(-1)).toMatch(/^X-Request-ID: [0-9a-f]{8}-/);
  });
});

function eventOf(client: string, check: string) {
  return {
    ...{
      id: 'e-1',
      occurrences: 1,
      occurrences_watermark: 1,
      last_ok: null,
      action: 'create' as const,
      timestamp: 1,
    },
    client: { name: client, subscriptions: [], timestamp: 1 },
    check: { name: check, status: 2, output: '', history: ['2'], total_state_change: 0 },
    ...{ silenced: false, silenced_by: [] },
  };
}
