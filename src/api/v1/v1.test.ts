import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logging } from '../../state/registry.ts';
import { startWorld, type World } from '../../testing/api/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

async function call(method: string, path: string, body?: string) {
  const response = await fetch(`${world.url}/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? undefined : JSON.parse(text),
    headers: response.headers,
  };
}

describe('heartbeats', () => {
  it.each([
    [undefined, { status: 0, output: '' }],
    ['{}', { status: 0, output: '' }],
    ['{"status":2,"output":"disk full","more":1}', { status: 2, output: 'disk full' }],
  ])('are taken with %s', async (body, report) => {
    expect(await call('POST', '/heartbeats/backup', body)).toMatchObject({ status: 204, body: undefined });
    expect(world.calls.at(-1)).toEqual({ name: 'backup', ...report });
  });

  it.each([
    ['{"status":4}', '"status" must be a status from 0 to 3; it is 4.'],
    ['{"output":1}', '"output" must be a text of at most 65,536 characters; it is 1.'],
    ['nonsense', 'The body is not a JSON object.'],
    ['[]', 'The body is not a JSON object.'],
    [`{"output":"${'x'.repeat(70_000)}"}`, expect.stringContaining('at most 65,536')],
  ])('are refused with %.30s', async (body, error) => {
    expect(await call('POST', '/heartbeats/backup', body)).toMatchObject({ status: 400, body: { error } });
  });

  it('are for checks that wait for them', async () => {
    const answer = await call('POST', '/heartbeats/other');
    expect(answer).toMatchObject({ status: 404, body: { error: expect.stringContaining('other') } });
    expect((await call('POST', '/heartbeats/a%20b')).status).toBe(400);
    expect(world.calls.some(({ name }) => name !== 'backup')).toBe(false);
  });

  it('are not taken by GET, so that no link or prefetch counts as one', async () => {
    const answer = await call('GET', '/heartbeats/backup');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('logs of a check', () => {
  beforeAll(async () => {
    const record = (number: number) => ({
      ...{
        event_id: `e${number}`,
        client: 'i-42',
        check: 'disk',
        handler: 'mail',
        action: 'create' as const,
      },
      ...{ status: 2, occurrences: number, timestamp: number, outcome: 'handled' as const },
    });
    const nowMs = Date.now();
    const appends = [1, 2, 3, 4, 5].map((number) =>
      logging('deliveries', 'i-42', 'disk', nowMs, record(number)),
    );
    await world.registry.store.commit([{ writes: [], appends }]);
    for (const status of [0, 2, 1]) await world.result('i-42', 'disk', status);
  });

  it('are told newest first, page by page', async () => {
    const seen: string[] = [];
    let next: number | null = null;
    do {
      const before: string = next === null ? '' : `&before=${next}`;
      const { body } = await call('GET', `/deliveries/i-42/disk?limit=2${before}`);
      seen.push(...body.items.map((item: { event_id: string }) => item.event_id));
      next = body.next;
    } while (next !== null);
    expect(seen).toEqual(['e5', 'e4', 'e3', 'e2', 'e1']);
  });

  it('hold the changes of status', async () => {
    const { body } = await call('GET', '/transitions/i-42/disk');
    expect(body.items.map(({ from, status }: { from: number; status: number }) => [from, status])).toEqual([
      [2, 1],
      [0, 2],
      [null, 0],
    ]);
    expect(body.next).toBeNull();
  });

  it.each(['?limit=x', '?limit=-1', '?before=1.5', '?before=', '?limit=1&limit=2'])(
    'refuse %s',
    async (query) => {
      const answer = await call('GET', `/transitions/i-42/disk${query}`);
      expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining('must be') } });
    },
  );

  it('are empty for what nobody knows', async () => {
    expect((await call('GET', '/deliveries/nobody/nothing')).body).toEqual({ items: [], next: null });
  });
});

describe('the rest', () => {
  it('tells the counters', async () => {
    world.counters.increment('results_taken', 3);
    expect((await call('GET', '/counters')).body.counters).toMatchObject({ results_taken: 3, api_failed: 0 });
  });

  it('answers OPTIONS and unknown paths like everything else', async () => {
    expect((await call('OPTIONS', '/counters')).status).toBe(200);
    expect((await call('GET', '/nothing')).status).toBe(404);
    expect((await call('GET', '/counters/')).status).toBe(404);
    expect((await call('PATCH', '/counters')).status).toBe(405);
  });

  it('carries the headers that all answers carry', async () => {
    const { headers } = await call('GET', '/counters');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
