import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../runtime/system/clock.ts';
import { createSilence } from '../../state/silences.ts';
import { type DescribedCall, describedCalls } from '../../testing/api/described.ts';
import { startWorld, type World } from '../../testing/api/world.ts';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { until } from '../../testing/until.ts';

let world: World;
let call: DescribedCall;

beforeAll(async () => {
  const checks = [
    { name: 'disk', command: 'true', subscribers: ['web'], interval: 10, password: 'x' },
    { name: 'alone', command: 'true', standalone: true, interval: 10 },
  ];
  world = await startWorld({ checks });
  call = await describedCalls(world.url);
  await world.client({
    name: 'web-1',
    password: 'hunter2',
    region: 'eu',
    subscriptions: ['web', 'client:web-1'],
  });
  await world.client({ name: 'web-2', region: 'us', subscriptions: ['web', 'client:web-2'] });
  await world.result('web-1', 'disk', 2, 'disk full: 99%');
  await world.result('web-2', 'disk', 1, 'disk nearly full');
  await world.result('web-2', 'load', 0, 'fine');
  await level();
});
afterAll(() => world.stop());

async function level(): Promise<void> {
  for (let behind = '1'; behind !== '0'; ) {
    behind = (await call('GET', '/status')).headers.get('x-behind-ms') ?? '';
  }
}

// biome-ignore lint/suspicious/noExplicitAny: bodies are what tests look into
const body = async (path: string): Promise<any> => (await call('GET', path)).body;
const search = (subject: string, q: string, more = '') =>
  body(`/search/${subject}?q=${encodeURIComponent(q)}${more}`);

describe('search', () => {
  it('finds events, results and clients, and says how far it is behind', async () => {
    const events = await search('events', 'status:critical check:disk*', '&counts=status,client');
    expect(events).toMatchObject({
      items: [{ client: { name: 'web-1' }, check: { name: 'disk', history: ['2'] }, silenced: false }],
      ...{ total: 1, next: null, behind_ms: 0, counts: { status: { critical: 1 }, client: { 'web-1': 1 } } },
    });
    const results = await search('results', 'client.region:us', '&sort=-check');
    expect(results.items.map(({ check }: { check: { name: string } }) => check.name)).toEqual([
      'load',
      'disk',
    ]);
    const clients = await search('clients', 'status:warning');
    expect(clients.items).toMatchObject([
      {
        client: { name: 'web-2' },
        summary: { ok: 1, warning: 1, critical: 0, unknown: 0, events: 1, silenced: false },
      },
    ]);
  });

  it('shows and sees no secrets', async () => {
    const { items } = await search('clients', 'name:web-1');
    expect(items[0].client.password).toBe('REDACTED');
    expect((await search('clients', 'client.password:*')).total).toBe(0);
    expect((await search('events', 'client.password:hunter2')).total).toBe(0);
    expect(JSON.stringify(await search('events', ''))).not.toContain('hunter2');
  });

  it('tells what is silenced now', async () => {
    await createSilence(
      { registry: world.registry, clock: systemClock },
      { subscription: 'client:web-2', reason: 'x' },
    );
    const { items } = await search('events', 'silenced:true');
    expect(items).toMatchObject([
      { client: { name: 'web-2' }, silenced: true, silenced_by: ['client:web-2:*'] },
    ]);
    expect(await body('/silences')).toMatchObject({
      items: [{ id: 'client:web-2:*', hides: 1, expire: -1 }],
    });
    expect((await search('clients', 'silenced:true')).items).toMatchObject([{ summary: { silenced: true } }]);
  });

  it('pages by cursor', async () => {
    const first = await search('results', '', '&limit=2');
    expect([first.items.length, first.total]).toEqual([2, 3]);
    const second = await search('results', '', `&limit=2&cursor=${first.next}`);
    expect([second.items.length, second.next]).toEqual([1, null]);
  });

  it('tells the place of a mistake, and what is wrong with another parameter', async () => {
    const mistake = await call('GET', `/search/events?q=${encodeURIComponent('status:critical stats:1')}`);
    expect(mistake).toMatchObject({
      status: 400,
      body: { position: 16, hint: expect.stringContaining('status') },
    });
    for (const wrong of ['sort=x', 'cursor=x', 'limit=x', 'counts=x', 'q=a&q=b']) {
      const answer = await call('GET', `/search/events?${wrong}`);
      expect(answer).toMatchObject({ status: 400, body: { error: expect.any(String) } });
    }
    expect(await call('GET', '/search/nothing').catch((error: Error) => error.message)).toContain('404');
  });

  it('never fails or hangs, whatever is asked', async () => {
    const pieces = fc.constantFrom(
      'status:',
      'critical',
      '-',
      '(',
      ')',
      '"',
      'OR',
      'AND',
      'NOT',
      ' ',
      '*',
      '>=',
      '..',
      'client.',
      'a',
      'age:',
      '1h',
      ',',
      '\\',
      'İ',
      '\u0000',
    );
    const text = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.array(pieces, { maxLength: 15 }).map((all) => all.join('')),
    );
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.constantFrom('events', 'results', 'clients'),
        fc.string({ maxLength: 10 }),
        async (q, subject, other) => {
          const query = { q, counts: other, sort: other };
          for (const given of [{ q }, query, { ...query, cursor: other }]) {
            const response = await world.api.inject({
              method: 'GET',
              url: `/api/v1/search/${subject}`,
              query: given,
              headers: { host: 'localhost' },
            });
            expect([200, 400]).toContain(response.statusCode);
          }
          const completed = await world.api.inject({
            method: 'GET',
            url: '/api/v1/search/complete',
            query: { q, subject, position: '3' },
            headers: { host: 'localhost' },
          });
          expect(completed.statusCode).toBe(200);
        },
      ),
      { numRuns: Math.ceil(RANDOM_INPUTS / 5) },
    );
  });

  it('offers what may be written next', async () => {
    expect(await body('/search/complete?subject=events&q=sta')).toMatchObject({
      ...{ kind: 'condition', from: 0, to: 3, suggestions: [{ text: 'status:' }] },
    });
    const values = await body('/search/complete?subject=events&q=status:c%20x&position=8');
    expect(values.suggestions).toEqual([{ text: 'critical' }]);
    expect((await call('GET', '/search/complete?subject=x&q=')).status).toBe(400);
    expect((await call('GET', `/search/complete?subject=events&q=${'x'.repeat(4_001)}`)).status).toBe(400);
  });
});

describe('the other lists', () => {
  it('show checks and handlers without secrets, removals, and how things are', async () => {
    const checks = await body('/checks');
    expect(checks.items).toMatchObject([{ name: 'alone' }, { name: 'disk', password: 'REDACTED' }]);
    expect(await body('/handlers')).toEqual({ items: [] });
    expect(await body('/removals')).toEqual({ items: [], next: null });
    expect(await body('/status')).toMatchObject({
      ...{ store: { connected: true }, transport: { connected: true }, view: { behind_ms: 0 } },
      counts: { clients: 2, results: 3, events: 2, silences: 1, checks: 2, handlers: 0 },
    });
  });

  it('refuse what is no number', async () => {
    expect((await call('GET', '/removals?limit=x')).status).toBe(400);
  });
});

describe('while the store is away', () => {
  it('reads go on and say how far they are behind; nothing is changed', async () => {
    const away = await startWorld();
    try {
      await away.client({ name: 'a' });
      const asked = await describedCalls(away.url);
      expect(((await asked('GET', '/search/clients')).body as { total: number }).total).toBe(1);
      Object.defineProperty(away.store, 'connected', { get: () => false });
      await until(() => true, 'a turn');
      const read = await asked('GET', '/search/clients');
      expect(read).toMatchObject({ status: 200, body: { total: 1 } });
      const refused = await asked('POST', '/actions', { action: 'resolve', q: '' });
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
      expect((await asked('POST', '/heartbeats/backup')).status).toBe(503);
      expect((await asked('GET', '/status')).body).toMatchObject({ store: { connected: false } });
    } finally {
      await away.stop();
    }
  });
});
