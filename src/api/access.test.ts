import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mayAct, ROLES, type Role } from '../model/access.ts';
import { type DescribedCall, describedCalls } from '../testing/api/described.ts';
import { openEventSource } from '../testing/api/event-source.ts';
import { startWorld, type World } from '../testing/api/world.ts';
import { ROUTES } from './sensu/index.ts';

/** What each method of each path needs. A route that is not here has no role that somebody thought about. */
const NEEDED: Readonly<Record<string, Role>> = {
  'GET /info': 'read',
  'GET /health': 'read',
  'GET /settings': 'read',
  'GET /settings?redacted=false': 'admin',
  'GET /clients': 'read',
  'POST /clients': 'operate',
  'GET /clients/:client': 'read',
  'DELETE /clients/:client': 'operate',
  'GET /clients/:client/history': 'read',
  'GET /checks': 'read',
  'GET /checks/:check': 'read',
  'DELETE /checks/:check': 'operate',
  'POST /request': 'operate',
  'GET /events': 'read',
  'GET /events/:client': 'read',
  'GET /events/:client/:check': 'read',
  'DELETE /events/:client/:check': 'operate',
  'GET /incidents': 'read',
  'GET /incidents/:client': 'read',
  'GET /incidents/:client/:check': 'read',
  'DELETE /incidents/:client/:check': 'operate',
  'POST /resolve': 'operate',
  'GET /results': 'read',
  'POST /results': 'operate',
  'GET /results/:client': 'read',
  'GET /results/:client/:check': 'read',
  'DELETE /results/:client/:check': 'operate',
  'GET /aggregates': 'read',
  'GET /aggregates/:aggregate': 'read',
  'DELETE /aggregates/:aggregate': 'operate',
  'GET /aggregates/:aggregate/clients': 'read',
  'GET /aggregates/:aggregate/checks': 'read',
  'GET /aggregates/:aggregate/results/:severity': 'read',
  'GET /silenced': 'read',
  'POST /silenced': 'operate',
  'POST /silenced/clear': 'operate',
  'GET /silenced/ids/:id': 'read',
  'GET /silenced/subscriptions/:subscription': 'read',
  'GET /silenced/checks/:check': 'read',
  'GET /stashes': 'read',
  'POST /stashes': 'operate',
  'GET /stashes/*path': 'read',
  'POST /stashes/*path': 'operate',
  'DELETE /stashes/*path': 'operate',
  'GET /stash/*path': 'read',
  'POST /stash/*path': 'operate',
  'DELETE /stash/*path': 'operate',
  'GET /api/v1/search/clients': 'read',
  'GET /api/v1/search/events': 'read',
  'GET /api/v1/search/results': 'read',
  'GET /api/v1/search/complete': 'read',
  'POST /api/v1/actions': 'operate',
  'GET /api/v1/actions': 'read',
  'GET /api/v1/actions/:id': 'read',
  'DELETE /api/v1/actions/:id': 'operate',
  'GET /api/v1/checks': 'read',
  'GET /api/v1/handlers': 'read',
  'GET /api/v1/silences': 'read',
  'GET /api/v1/removals': 'read',
  'GET /api/v1/status': 'read',
  'GET /api/v1/self': 'read',
  'GET /api/v1/stream': 'read',
  'POST /api/v1/heartbeats/:name': 'operate',
  'GET /api/v1/deliveries/:client/:check': 'read',
  'GET /api/v1/transitions/:client/:check': 'read',
  'GET /api/v1/counters': 'read',
  'GET /api/v1/backup': 'admin',
  'GET /api/v1/dead': 'read',
  'GET /api/v1/dead/:id': 'read',
  'DELETE /api/v1/dead/:id': 'operate',
  'POST /api/v1/dead/:id/retry': 'operate',
  'GET /api/v1/users': 'admin',
  'POST /api/v1/users': 'admin',
  'POST /api/v1/users/:name': 'admin',
  'DELETE /api/v1/users/:name': 'admin',
  'GET /api/v1/me': 'read',
  'GET /api/v1/tokens': 'admin',
  'POST /api/v1/tokens': 'admin',
  'POST /api/v1/agents/tokens': 'admin',
  'DELETE /api/v1/tokens/:id': 'admin',
  'GET /api/v1/audit': 'admin',
  'GET /api/v1/openapi.json': 'read',
  'GET /metrics': 'read',
};
/** Ways to ask that are no routes of their own, or that not every world has. */
const BESIDE = ['GET /settings?redacted=false', 'GET /metrics'];

const PASSWORD = 'correct horse battery';
const basic = (name: string, password: string) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

let world: World;
let asRoot: DescribedCall;
const secrets: Record<string, string> = {};

const tokenOf = async (role: Role): Promise<{ id: string; token: string }> => {
  const { body } = await asRoot('POST', '/tokens', { name: `for ${role}`, role });
  return body as { id: string; token: string };
};

beforeAll(async () => {
  world = await startWorld({ checks: [{ name: 'disk', command: 'x', interval: 60 }] });
  await post('/api/v1/users', { name: 'root', role: 'admin', password: PASSWORD });
  asRoot = await describedCalls(world.url, { authorization: basic('root', PASSWORD) });
  for (const role of ROLES) secrets[role] = (await tokenOf(role)).token;
});
afterAll(() => world.stop());

async function post(path: string, body: object, authorization?: string): Promise<Response> {
  return fetch(world.url + path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: authorization === undefined ? {} : { authorization },
  });
}

async function statusOf(method: string, path: string, authorization?: string): Promise<number> {
  const ended = new AbortController();
  const headers = authorization === undefined ? {} : { authorization };
  const response = await fetch(world.url + path, { method, headers, signal: ended.signal });
  ended.abort();
  return response.status;
}

describe('the routes', () => {
  it('are all in the table, each with the role that it needs', async () => {
    const { body } = await asRoot('GET', '/openapi.json');
    const { paths } = body as { paths: Record<string, object> };
    const ours = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} /api/v1${path.replace(/\{([a-z]+)\}/g, ':$1')}`,
      ),
    );
    const sensu = ROUTES.flatMap(({ path, methods }) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect([...ours, ...sensu, ...BESIDE].sort()).toEqual(Object.keys(NEEDED).sort());
  });

  it.each(Object.entries(NEEDED))('%s needs %s', async (route, needed) => {
    const [method = '', pattern = ''] = route.split(' ');
    const path = pattern.replace(/[:*][a-z]+/g, 'nothing');
    expect(await statusOf(method, path)).toBe(401);
    for (const role of ROLES) {
      const status = await statusOf(method, path, `Bearer ${secrets[role]}`);
      expect([role, status === 403]).toEqual([role, !mayAct(role, needed)]);
      expect([role, status]).not.toEqual([role, 401]);
    }
  });

  it.each(['/clients', '/nothing', '/api/v1/nothing', '/api/v1/users', '/api/v1/%zz', '/%2e%2e/settings'])(
    '%s is closed for other methods, known or not',
    async (path) => {
      for (const method of ['PUT', 'PATCH', 'DELETE', 'POST']) {
        expect(await statusOf(method, path)).toBe(401);
        expect(await statusOf(method, path, `Bearer ${secrets['read']}`)).toBe(403);
      }
      expect(await statusOf('OPTIONS', path)).toBeLessThan(405);
    },
  );
});

describe('who is refused', () => {
  it('gets Sensu’s answer there, and a sentence in v1', async () => {
    const sensu = await fetch(`${world.url}/clients`);
    expect([sensu.status, await sensu.text()]).toEqual([401, '']);
    expect(sensu.headers.get('www-authenticate')).toBe('Basic realm="Restricted Area"');
    const ours = await fetch(`${world.url}/api/v1/me`);
    expect([ours.status, await ours.json()]).toEqual([
      401,
      { error: expect.stringContaining('who you are') },
    ]);
    const wrong = await fetch(`${world.url}/api/v1/me`, { headers: { authorization: 'Bearer x' } });
    expect(await wrong.json()).toEqual({ error: expect.stringContaining('wrong') });
    const denied = await post('/silenced', { check: 'disk' }, `Bearer ${secrets['read']}`);
    expect([denied.status, await denied.json()]).toEqual([
      403,
      { error: 'This needs the role "operate"; token:for read has the role "read".' },
    ]);
    expect((await asRoot('GET', '/me')).body).toEqual({ who: 'root', role: 'admin' });
  });

  it('had a token that was revoked: the next request is refused, and a stream that it reads ends', async () => {
    const { id, token } = await tokenOf('read');
    const headers = { authorization: `Bearer ${token}` };
    const stream = await openEventSource(`${world.url}/api/v1/stream`, { headers });
    expect(stream.status).toBe(200);
    await asRoot('DELETE', `/tokens/${id}`);
    expect(await statusOf('GET', '/clients', headers.authorization)).toBe(401);
    await stream.ended;
  }, 20_000);
});

describe('users and tokens', () => {
  it('are made, changed, shown without secrets, and removed', async () => {
    const made = await asRoot('POST', '/users', { name: 'ann', role: 'read', password: `${PASSWORD} 2` });
    expect(made).toMatchObject({ status: 201, body: { name: 'ann', role: 'read', created_by: 'root' } });
    const login = basic('ann', `${PASSWORD} 2`);
    expect(await statusOf('POST', '/silenced', login)).toBe(403);
    expect((await asRoot('POST', '/users/ann', { role: 'operate' })).status).toBe(200);
    expect(await statusOf('POST', '/silenced', login)).toBe(400);
    const again = await asRoot('POST', '/users', { name: 'ann', role: 'read', password: PASSWORD });
    expect(again).toMatchObject({ status: 409, body: { error: expect.stringContaining('ann') } });
    expect((await asRoot('DELETE', '/users/ann')).status).toBe(204);
    expect(await statusOf('GET', '/clients', login)).toBe(401);
    const shown = JSON.stringify([await asRoot('GET', '/users'), await asRoot('GET', '/tokens')]);
    for (const secret of [PASSWORD, 'scrypt', 'digest', ...Object.values(secrets)]) {
      expect(shown).not.toContain(secret);
    }
  });

  it('of agents are bound to one client unless more is said', async () => {
    const { status, body } = await asRoot('POST', '/agents/tokens', {});
    expect(status).toBe(201);
    expect(body).toMatchObject({ kind: 'agent', clients: [], sources: [], uses: 1, used_by: [] });
    expect((body as { token: string }).token).toMatch(/^tocsin_agent_[0-9a-f]{12}_[\w-]{43}$/);
    const pattern = { clients: ['web-*'], sources: ['switch-*'], uses: null, expires_seconds: 60 };
    expect((await asRoot('POST', '/agents/tokens', pattern)).body).toMatchObject({
      ...{ name: 'web-*', clients: ['web-*'], sources: ['switch-*'], uses: null },
      expires_at: expect.any(Number),
    });
  });

  it.each([
    ['/users', { name: 'ann', role: 'root', password: PASSWORD }, '"role"'],
    ['/users', { name: 'a/b', role: 'read', password: PASSWORD }, '"name"'],
    ['/users', { name: 'ann', role: 'read', password: 'my-short' }, '"password"'],
    ['/tokens', { name: 'a\nb', role: 'read' }, '"name"'],
    ['/tokens', { name: 'a', role: 'read', expires_seconds: 0 }, '"expires_seconds"'],
    ['/agents/tokens', { clients: ['a b'] }, '"clients[0]" must be a name of letters'],
    ['/agents/tokens', { uses: null }, 'any number of clients'],
    ['/agents/tokens', { uses: 1001 }, '"uses"'],
  ])('POST %s with %j is refused', async (path, body, error) => {
    const answer = await asRoot('POST', path, body);
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining(error) } });
    expect(JSON.stringify(answer.body)).not.toContain('my-short');
  });
});

describe('the audit log', () => {
  const newest = async (limit = 1) =>
    ((await asRoot('GET', `/audit?limit=${limit}`)).body as { items: Record<string, unknown>[] }).items;

  it('has every change with who, how, from where, to what and when', async () => {
    const operator = `Bearer ${secrets['operate']}`;
    expect((await post('/silenced', { check: 'disk', reason: 'x' }, operator)).status).toBe(201);
    const [entry] = await newest();
    expect(entry).toEqual({
      ...{ sequence: expect.any(Number), timestamp: expect.any(Number), who: 'token:for operate' },
      ...{ how: 'token', address: expect.stringContaining('127.0.0.1'), what: 'POST /silenced' },
      ...{ target: 'check=disk', result: '201' },
    });
    expect(Math.abs(Number(entry?.['timestamp']) - Date.now() / 1000)).toBeLessThan(60);
    await world.client({ name: 'web-1' });
    await fetch(`${world.url}/clients/web-1`, { method: 'DELETE', headers: { authorization: operator } });
    expect(await newest()).toMatchObject([{ what: 'DELETE /clients/web-1', result: '202' }]);
    await asRoot('POST', '/tokens', { name: 'ci', role: 'read', expires_seconds: 60 });
    expect(await newest()).toMatchObject([
      {
        ...{ who: 'root', how: 'password', what: 'POST /api/v1/tokens' },
        target: expect.stringMatching(/^name=ci role=read id=[0-9a-f]{12}$/),
      },
    ]);
  });

  it('has bulk actions: who asked for what, and how it ended', async () => {
    const wish = { action: 'silence', subject: 'checks', names: ['disk'], hold_seconds: 0 };
    await asRoot('POST', '/actions', { ...wish, dry_run: true });
    const { body } = await asRoot('POST', '/actions', wish);
    const { id } = body as { id: string };
    await vi.waitUntil(async () => (await newest())[0]?.['what'] === 'bulk action ended', 10_000);
    expect(await newest(2)).toMatchObject([
      {
        ...{ who: 'root', target: `action=silence subject=checks id=${id} count=1` },
        result: 'done: 1 done, 0 skipped, 0 failed',
      },
      {
        ...{ who: 'root', how: 'password', what: 'POST /api/v1/actions', result: '202' },
        target: `action=silence subject=checks names=disk id=${id} count=1`,
      },
    ]);
  });

  it('has what was forbidden once, and nothing of what is read, reported or mistaken', async () => {
    // The other one has asked for more than is recorded of one caller.
    const { body } = await asRoot('POST', '/tokens', { name: 'late', role: 'read' });
    const reader = `Bearer ${(body as { token: string }).token}`;
    const before = (await newest(1000)).length;
    const operator = `Bearer ${secrets['operate']}`;
    for (let time = 0; time < 3; time++) await post('/stashes/forbidden', {}, reader);
    await fetch(`${world.url}/clients`, { headers: { authorization: operator } });
    await post('/results', { name: 'job', output: 'x', status: 0 }, operator);
    await post('/api/v1/heartbeats/backup', {}, operator);
    await post('/silenced', {}, operator);
    const entries = await newest(1000);
    expect(entries).toHaveLength(before + 1);
    expect(entries[0]).toMatchObject({ who: 'token:late', what: 'POST /stashes/forbidden' });
    expect(entries[0]?.['result']).toContain('refused');
  });

  it('holds no secret, nor does any line of the log', async () => {
    await post('/stashes', { path: 'a', content: { key: 'in-the-stash' } }, `Bearer ${secrets['admin']}`);
    const told = JSON.stringify([await newest(1000), world.log.lines]);
    for (const secret of [PASSWORD, 'in-the-stash', ...Object.values(secrets)]) {
      expect(told).not.toContain(secret);
    }
  });

  it('is told page by page', async () => {
    const pages: number[] = [];
    let next: number | null = null;
    do {
      const before: string = next === null ? '' : `&before=${next}`;
      const { body } = await asRoot('GET', `/audit?limit=4${before}`);
      const page = body as { items: { sequence: number }[]; next: number | null };
      pages.push(...page.items.map(({ sequence }) => sequence));
      next = page.next;
    } while (next !== null);
    expect(pages).toEqual([...new Set(pages)].sort((left, right) => right - left));
    expect(pages.length).toBeGreaterThan(4);
  });
});
