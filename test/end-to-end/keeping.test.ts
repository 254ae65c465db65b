import { existsSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { Event, Silence } from '../../src/model/event.ts';
import { type Ended, send, type UpProcess, Workplace } from '../../src/testing/tocsin-process.ts';

/** Processes take long to begin on a busy machine. */
const SLOW = 120_000;
const PASSWORD = 'correct horse battery';
const ANN = { TOCSIN_USER: 'ann', TOCSIN_PASSWORD: PASSWORD };
const AUTHORIZATION = `Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}`;

/** Fails until somebody mends it, by a file in the data folder, where it then notes what it was told. */
const MENDABLE =
  'test -e "$TOCSIN_DATA/mended" || { echo no line >&2; exit 1; }; echo "$TOCSIN_DELIVERY_ID" >> "$TOCSIN_DATA/told"';

const workshop = new Workplace();
const places: Workplace[] = [];
afterAll(async () => {
  const closed = await Promise.allSettled(places.map((place) => place.close()));
  await workshop.close();
  expect(closed.filter(({ status }) => status === 'rejected')).toEqual([]);
}, 60_000);

interface Letter {
  id: string;
  client: string;
  check: string;
  tries: number;
  error: string;
}

/** A server whose one handler can be mended. */
async function openPlace(retry: object): Promise<{ place: Workplace; server: UpProcess }> {
  const place = new Workplace(workshop);
  places.push(place);
  await place.write({
    'conf/all.json': {
      client: { name: 'here' },
      handlers: { pager: { type: 'pipe', command: MENDABLE, retry } },
    },
  });
  return { place, server: await place.up({ command: 'server' }) };
}

const mend = (server: UpProcess): Promise<void> => writeFile(`${server.data}/mended`, '');
const told = (server: UpProcess): string[] => {
  const path = `${server.data}/told`;
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
};

/** What a command that has to succeed wrote. */
async function output(ended: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await ended;
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return stdout;
}

async function report(server: UpProcess, name: string, status: number): Promise<number> {
  const body = JSON.stringify({ source: 'shop', name, status, output: 'down', handlers: ['pager'] });
  const headers = { authorization: AUTHORIZATION };
  return (await send(`${server.url}/results`, { method: 'POST', body, headers })).status;
}

/** Reports `n0`, `n1` … one after another; `count` is how many were acknowledged. */
function stream(server: UpProcess): { count: () => number; end: () => Promise<void> } {
  let count = 0;
  let ending = false;
  const all = (async () => {
    for (; !ending; count++) expect(await report(server, `n${count}`, 0)).toBe(202);
  })();
  return {
    count: () => count,
    end: () => {
      ending = true;
      return all;
    },
  };
}

describe.concurrent('what a server keeps', { timeout: SLOW }, () => {
  it('is copied while results come in, and goes on in a new folder with everything that was due', async () => {
    const { place, server } = await openPlace({ tries: 1000, pause: 1, longest_pause: 1 });
    const at = ['--url', server.url];
    expect(await report(server, 'till', 2)).toBe(202);
    await output(place.run('silence', 'add', '--client', 'web-9', '--for', '2h', '--reason', 'moved', ...at));
    await output(place.runGiven({ input: `${PASSWORD}\n` }, 'user', 'add', 'ann', '--role', 'admin', ...at));
    const ask = (...args: string[]): Promise<Ended> => place.runGiven({ environment: ANN }, ...args);
    const secret = (await output(ask('token', 'add', 'graphs', ...at))).trim();

    const results = stream(server);
    await server.waitFor(() => results.count() > 20, 'results come in');
    const before = results.count();
    const copy = place.path('copy.sqlite');
    expect(await output(ask('backup', copy, ...at))).toContain(`${copy}: `);
    const during = results.count();
    await server.waitFor(() => results.count() > during, 'it goes on taking results');
    await results.end();
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(await ask('backup', copy, ...at)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--force'),
    });
    expect(await ask('restore', copy, '--data', server.data)).toMatchObject({ code: 4 });
    await server.stop();
    expect(told(server)).toEqual([]);

    await place.write({ 'text.sqlite': 'no copy of anything\n' });
    const wrong = await ask('restore', place.path('text.sqlite'), '--data', place.path('new'));
    expect(wrong).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('text.sqlite cannot be used as a backup'),
    });
    await output(ask('restore', copy, '--data', place.path('new')));
    const again = await place.up({ command: 'server', data: 'new' });
    const get = async <T>(path: string, authorization = AUTHORIZATION): Promise<T> => {
      const { status, body } = await send(again.url + path, { headers: { authorization } });
      expect([path, status]).toEqual([path, 200]);
      return JSON.parse(body) as T;
    };
    const names = (await get<{ check: { name: string } }[]>('/results/shop')).map(({ check }) => check.name);
    const numbered = names.filter((name) => name !== 'till');
    // Whole up to one moment: all that was acknowledged before, and nothing behind a gap.
    expect(numbered.length).toBeGreaterThanOrEqual(before);
    expect(new Set(numbered)).toEqual(new Set(numbered.map((_, number) => `n${number}`)));
    expect(await get<Event[]>('/events')).toMatchObject([
      { client: { name: 'shop' }, check: { name: 'till' } },
    ]);
    expect(await get<Silence[]>('/silenced')).toMatchObject([{ id: 'client:web-9:*', reason: 'moved' }]);
    expect(await get('/api/v1/me', `Bearer ${secret}`)).toMatchObject({ role: 'read' });
    expect((await send(`${again.url}/events`)).status).toBe(401);

    await mend(again);
    await again.waitFor(() => told(again).length > 0, 'the handler is told what was due');
    await again.stop();
    expect(told(again)).toHaveLength(1);
  });

  it('holds what could not be told until somebody has mended the handler and sends it again', async () => {
    const { place, server } = await openPlace({ tries: 2, pause: 1 });
    const dead = (...args: string[]): Promise<Ended> => place.run('dead', ...args, '--url', server.url);
    const letters = async (): Promise<Letter[]> =>
      JSON.parse(await output(dead('list', '--json'))) as Letter[];
    expect(await output(dead())).toBe('No delivery was given up.\n');
    for (const name of ['till', 'door']) expect(await report(server, name, 2)).toBe(202);
    const given = async (tries: number): Promise<Letter[] | undefined> => {
      const listed = await letters();
      return listed.length === 2 && listed.every((letter) => letter.tries === tries) ? listed : undefined;
    };
    const first = await server.waitFor(() => given(2), 'both are given up');
    expect(first.map(({ check }) => check).sort()).toEqual(['door', 'till']);
    expect(first[0]?.error).toBe('the command ended with status 1: no line');
    const [id = '', other = ''] = first.map((letter) => letter.id);
    expect(JSON.parse(await output(dead('show', id)))).toMatchObject({ delivery: { id, handler: 'pager' } });

    expect(await output(dead('retry', '--all'))).toContain(`Will send ${id}: create of `);
    expect((await server.waitFor(() => given(4), 'it failed again')).map((letter) => letter.id)).toEqual([
      id,
      other,
    ]);

    await mend(server);
    expect(await output(dead('retry', '--all', '--dry-run'))).toContain('2 dead letters.');
    expect(told(server)).toEqual([]);
    await output(dead('retry', '--all'));
    await server.waitFor(() => told(server).length === 2, 'both are told');
    expect(told(server).sort()).toEqual([id, other].sort());
    await server.waitFor(async () => (await letters()).length === 0, 'nothing is left');
    expect(await output(dead('retry', '--all'))).toBe('No delivery was given up.\n');
    expect(await dead('show', id)).toMatchObject({
      code: 3,
      stderr: `tocsin: There is no dead letter ${id}.\n`,
    });
    const events = await output(place.run('events', 'shop/till', '--url', server.url));
    expect(events).toMatch(/WHO WAS TOLD\n.*pager +told/);
  });

  it('tells who may use it, lets them in by secrets that no command line shows, and records them', async () => {
    const { place, server } = await openPlace({ tries: 1 });
    const ask = (environment: Record<string, string>, ...args: string[]): Promise<Ended> =>
      place.runGiven({ environment }, ...args, '--url', server.url);
    const add = (input: string, environment: Record<string, string>, ...args: string[]): Promise<Ended> =>
      place.runGiven({ environment, input }, 'user', 'add', ...args, '--url', server.url);
    const refused = (code: number, text: string): object => ({ code, stderr: expect.stringContaining(text) });

    expect(await add('', {}, 'ann', '--role', 'admin')).toMatchObject(refused(2, 'no password came'));
    expect(await add('short\n', {}, 'ann', '--role', 'admin')).toMatchObject(
      refused(2, '12 to 1000 characters'),
    );
    expect(await add(`${PASSWORD}\n`, {}, 'bob')).toMatchObject(
      refused(1, 'begin with one that has the role "admin"'),
    );
    await output(add(`${PASSWORD}\n`, {}, 'ann', '--role', 'admin'));
    expect(await ask({}, 'user')).toMatchObject(refused(1, 'set TOCSIN_API_TOKEN or --token-file'));
    expect(await ask({ ...ANN, TOCSIN_PASSWORD: 'a guess' }, 'user')).toMatchObject(
      refused(1, 'does not take this name and password'),
    );
    expect(await add(`${PASSWORD}\n`, ANN, 'ann')).toMatchObject(
      refused(1, 'tocsin: There is a user ann already'),
    );
    await output(add(`${PASSWORD}\n`, ANN, 'bob', '--role', 'read'));
    expect(await output(ask(ANN, 'user'))).toMatch(/^ann +admin .*\nbob +read .* ann$/m);

    const secret = (await output(ask(ANN, 'token', 'add', 'graphs', '--role', 'read'))).trim();
    await place.write({ 'graphs.token': `${secret}\n`, 'empty.token': '' });
    const file = ['--token-file', place.path('graphs.token')];
    await output(ask({ TOCSIN_API_TOKEN: secret }, 'results'));
    // A file goes before the environment.
    await output(ask({ TOCSIN_API_TOKEN: 'wrong' }, 'results', ...file));
    expect(await ask({}, 'results', '--token-file', place.path('empty.token'))).toMatchObject(
      refused(2, 'is empty'),
    );
    expect(await ask({}, 'token', ...file)).toMatchObject(refused(1, 'tocsin: This needs the role "admin"'));
    await output(ask(ANN, 'token', 'revoke', secret.split('_')[2] ?? ''));
    expect(await ask({}, 'results', ...file)).toMatchObject(refused(1, 'does not take this token'));
    expect(await ask(ANN, 'user', 'remove', 'ann')).toMatchObject(
      refused(1, 'Nobody could administrate any more'),
    );
    await output(ask(ANN, 'user', 'remove', 'bob'));

    const audit = await output(ask(ANN, 'audit'));
    const entries = [
      /ann .* DELETE \/api\/v1\/users\/bob/,
      /ann .* DELETE \/api\/v1\/tokens\/\w+/,
      /token:graphs .*\(refused: the role "read" is not enough\)/,
      /ann .* POST \/api\/v1\/tokens name=graphs role=read/,
      /ann .* POST \/api\/v1\/users name=bob role=read/,
      /- .* POST \/api\/v1\/users name=ann role=admin/,
    ];
    const found = entries.map((entry) => audit.split('\n').findIndex((line) => entry.test(line)));
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(found[0]).toBe(1);
    expect(audit).toContain('login refused');
    expect(await output(ask(ANN, 'audit', '--limit', '1', '--json'))).toContain(
      '"what": "DELETE /api/v1/users/bob"',
    );

    const kept = await place.runGiven({ environment: ANN }, 'backup', 'copy', '--url', server.url);
    expect(kept.code).toBe(0);
    const written = [audit, server.stdout, server.stderr, readFileSync(place.path('copy'), 'latin1')].join(
      '\n',
    );
    for (const hidden of [PASSWORD, secret]) expect(written).not.toContain(hidden);
  });
});
