import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Event, Silence } from '../../src/model/event.ts';
import { type Ended, type UpProcess, Workplace, waitFor } from '../../src/testing/tocsin-process.ts';

/** Commands take long to begin on a busy machine. */
const SLOW = 120_000;
const place = new Workplace();
let up: UpProcess;

const ask = (...args: string[]): Promise<Ended> => place.run(...args, '--url', up.url);
const openEvents = async (): Promise<string[]> =>
  ((await up.api.get<Event[]>('/events')) ?? [])
    .map(({ client, check }) => `${client.name}/${check.name}`)
    .sort();
const silences = async (): Promise<Silence[]> => (await up.api.get<Silence[]>('/silenced')) ?? [];

/** Results for clients of their own, each with an open event. */
async function breakDown(...units: string[]): Promise<void> {
  for (const unit of units) {
    const [source = '', name = ''] = unit.split('/');
    const result = { source, name, status: 2, output: 'down', aggregate: 'webservers' };
    expect(await up.api.post('/results', result)).toBe(202);
  }
}

beforeAll(async () => {
  await place.write({
    'conf/all.json': {
      client: {
        name: 'here',
        subscriptions: ['linux'],
        socket: { enabled: false },
        http_socket: { enabled: false },
      },
      checks: {
        uptime: { command: 'echo up', subscribers: ['linux'], publish: false, handle: false },
        backup: { command: 'echo saved', interval: 3600, standalone: true, handle: false },
        odd: { command: 'echo odd', interval: 'often', standalone: true },
      },
    },
  });
  up = await place.up();
  await up.waitFor(() => up.api.get('/clients/here'), 'the agent is known');
}, SLOW);

afterAll(() => place.close(), 60_000);

describe('an operator', { timeout: SLOW }, () => {
  it('silences, sees what that hides, and ends the silence', async () => {
    await breakDown('web-1/page', 'web-2/page');
    const dry = await ask('silence', 'add', '--check', 'page', '--dry-run');
    expect(dry).toMatchObject({ code: 0, stdout: 'Would silence *:page, which hides 2 open events now.\n' });
    expect(await silences()).toEqual([]);

    const added = await ask(
      'silence',
      'add',
      '--client',
      'web-1',
      '--check',
      'page',
      '--for',
      '2h',
      '--reason',
      'new disk',
    );
    expect(added.stdout).toContain('Silenced client:web-1:page, which hides 1 open event now.');
    expect(await silences()).toMatchObject([{ id: 'client:web-1:page', reason: 'new disk' }]);

    const { stdout } = await ask('silence');
    expect(stdout).toMatch(/client:web-1:page .*in (2 h 0|1 h 59) min .*new disk/);

    expect(await ask('silence', 'clear', 'nobody:page')).toMatchObject({
      code: 3,
      stderr: 'tocsin: There is no silence nobody:page.\n',
    });
    expect((await ask('silence', 'clear', 'client:web-1:page')).code).toBe(0);
    expect((await ask('silence', 'list')).stdout).toBe('Nothing is silenced.\n');
  });

  it('is told what is wrong with a command line, and nothing happens', async () => {
    for (const [args, sentence] of [
      [['silence', 'add'], 'say what to silence: --client, --subscription or --check'],
      [['silence', 'add', '--check', 'page', '--for', 'ever'], '--for takes a stretch of time'],
      [['silence', 'add', '--client', 'a', '--subscription', 'b'], 'not for both'],
      [['silence', 'add', '--check', 'a b'], '--check takes a name of letters, digits, "_", "." and "-"'],
      [['silence', 'add', '--check', 'a', '--json'], "unknown option '--json'"],
      [['stash', 'set', 'a', '[1]'], 'a stash holds a JSON object'],
      [['search', 'hosts', 'x'], 'Allowed choices are events, results, clients'],
      [['search', 'events', 'a stattus:critical'], '"stattus" (character 3); did you mean "status"?'],
    ] as const) {
      const { code, stderr } = await ask(...args);
      expect([code, stderr]).toEqual([2, expect.stringContaining(sentence)]);
    }
    expect(await silences()).toEqual([]);
  });

  it('resolves one event at once', async () => {
    await breakDown('web-1/page');
    const { code, stdout } = await ask('resolve', 'web-1/page');
    expect([code, stdout]).toEqual([0, 'Hits 1 event:\n  web-1/page\nResolved 1 event.\n']);
    expect(await openEvents()).not.toContain('web-1/page');
    expect(await ask('resolve', 'web-1/page')).toMatchObject({
      code: 3,
      stderr: 'tocsin: No open event is hit.\n',
    });
  });

  it('sees what a query hits, can stop it for ten seconds, and then has it done', async () => {
    await breakDown('db-1/page', 'db-2/page', 'db-3/load');
    const query = 'client:db-* check:page';
    expect((await ask('resolve', query, '--dry-run')).stdout).toBe(
      'Would hit 2 events:\n  db-1/page\n  db-2/page\n',
    );

    const held = place.start(['resolve', query, '--url', up.url]);
    await waitFor(() => held.stdout.includes('Ctrl-C cancels'), 'the action is held');
    expect(await held.kill('SIGINT')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('Cancelled; nothing was done.'),
    });
    expect(await openEvents()).toEqual(expect.arrayContaining(['db-1/page', 'db-2/page', 'db-3/load']));

    expect((await ask('resolve', query, '--now')).stdout).toContain('Resolved 2 events.');
    expect((await openEvents()).filter((name) => name.startsWith('db-'))).toEqual(['db-3/load']);
  });

  it('forgets a result, a client, and what a query finds', async () => {
    await breakDown('old-1/page', 'old-1/load', 'old-2/page', 'old-3/page');
    expect((await ask('forget', 'old-1/load')).stdout).toContain('Forgot 1 result.');
    expect(await up.api.get('/results/old-1/load')).toBeUndefined();
    expect((await ask('forget', 'old-1')).stdout).toBe('Hits 1 client:\n  old-1\nForgot 1 client.\n');
    expect(await up.api.get('/clients/old-1')).toBeUndefined();
    expect((await ask('forget', 'name:old-*', '--dry-run')).stdout).toContain('Would hit 2 clients:');
    expect((await ask('forget', 'name:old-*', '--now')).stdout).toContain('Forgot 2 clients.');
    expect((await openEvents()).filter((name) => name.startsWith('old-'))).toEqual([]);
    expect(await ask('forget', 'old-1')).toMatchObject({ code: 3, stderr: 'tocsin: No client is hit.\n' });
  });

  it('asks for a check, and knows before who would be asked', async () => {
    const dry = await ask('request', 'uptime', '--dry-run');
    expect(dry.stdout).toBe('Would ask for uptime:\n  linux: 1 client\n');
    expect(await up.api.get('/results/here/uptime')).toBeUndefined();
    expect((await ask('request', 'uptime', '--reason', 'curious')).stdout).toContain('Asked for uptime.');
    const result = await up.waitFor(() => up.api.get('/results/here/uptime'), 'it has run');
    expect(result).toMatchObject({ check: { output: 'up\n', api_requested: { reason: 'curious' } } });
    expect(await ask('request', 'nothing')).toMatchObject({
      code: 3,
      stderr: 'tocsin: There is no check nothing.\n',
    });
    expect(await ask('request', 'uptime', '--client', 'nobody')).toMatchObject({
      code: 3,
      stderr: 'tocsin: Nobody would run uptime: no client subscribes to client:nobody.\n',
    });
  });

  it('is told of a silence that covers nobody yet, or that has not begun', async () => {
    const nobody = await ask('silence', 'add', '--client', 'nobody', '--dry-run');
    expect(nobody.stdout).toBe(
      'Would silence client:nobody:*, which hides no open event now.\nThere is no client nobody yet.\n',
    );
    const later = await ask('silence', 'add', '--subscription', 'linux', '--in', '1h', '--dry-run');
    expect(later.stdout).toBe('Would silence linux:* from 1h on.\n');
  });

  it('sees what a hook found out about a problem', async () => {
    const hooks = {
      critical: { command: 'ps', output: 'no nginx\nno cron\n', status: 0 },
      'non-zero': { command: 'not run' },
    };
    const result = { source: 'web-9', name: 'page', status: 2, output: 'down', hooks };
    expect(await up.api.post('/results', result)).toBe(202);
    const { stdout } = await ask('events', 'web-9/page');
    expect(stdout).toContain('\ndown\n\nHOOK critical\n  no nginx\n  no cron\n\nWHAT CHANGED WHEN\n');
  });

  it('keeps a document, reads it, and deletes it', async () => {
    expect((await ask('stash', 'set', 'owner/web 1', '{"team":"web"}', '--for', '1h')).code).toBe(0);
    expect((await ask('stash')).stdout).toMatch(/owner\/web 1 .*in .*\{"team":"web"\}/);
    expect(JSON.parse((await ask('stash', 'show', 'owner/web 1')).stdout)).toEqual({ team: 'web' });
    expect((await ask('stash', 'delete', 'owner/web 1', '--dry-run')).stdout).toContain('Would delete');
    expect((await ask('stash', 'delete', 'owner/web 1')).code).toBe(0);
    expect(await ask('stash', 'show', 'owner/web 1')).toMatchObject({ code: 3 });
  });

  it('looks at an aggregate', async () => {
    await breakDown('web-7/page');
    expect((await ask('aggregate')).stdout).toMatch(/webservers +\d/);
    expect((await ask('aggregate', 'show', 'webservers')).stdout).toMatch(/CRITICAL +page .*web-.*down/);
    expect((await ask('aggregate', 'show', 'none')).code).toBe(3);
  });

  it('sees every check that is configured, and why one does not run', async () => {
    const { stdout } = await ask('checks');
    expect(stdout).toMatch(
      /^CHECK +NOTE +EVERY +SUBSCRIBERS +HANDLERS +RUNS\nbackup +standalone +1 h 0 min /,
    );
    expect(stdout).toMatch(/^uptime +on request +on request +linux +default +echo up$/m);
    expect(stdout).toMatch(
      /^odd +left out$[\s\S]*\n\nLeft out for these mistakes:\n {2}checks\.odd\.interval: expected .*"often"\n$/m,
    );
    expect(JSON.parse((await ask('checks', '--json')).stdout)).toMatchObject([
      { name: 'backup', standalone: true },
      { name: 'uptime' },
      { name: 'odd', skipped: true, problems: [{ path: 'checks.odd.interval' }] },
    ]);
    const offered = await place.run('complete', '--', 'config', 'explain', '-d', 'conf', 'checks.o');
    expect(offered.stdout).toBe('checks.odd\t\n');
  });

  it('searches, and has the shell complete names', async () => {
    await breakDown('web-8/page');
    const found = await ask('search', 'events', 'client:web-8');
    expect(found.stdout).toMatch(/web-8 +page +CRITICAL +\d+ s +down[\s\S]*1 event\.\n$/);
    expect((await ask('search', 'clients', 'subscription:linux')).stdout).toMatch(
      /here .*linux[\s\S]*1 client\.\n$/,
    );
    expect(JSON.parse((await ask('search', 'results', 'check:page', '--json')).stdout).total).toBeGreaterThan(
      1,
    );

    expect((await place.run('complete', '--', 'resol')).stdout).toMatch(/^resolve\t/);
    for (const shell of ['bash', 'zsh', 'fish']) {
      expect((await place.run('completion', shell)).stdout).toContain('tocsin complete --');
    }
    const script = (await place.run('completion', 'bash')).stdout;
    expect(spawnSync('bash', ['-n'], { input: script }).status).toBe(0);
  });

  it('reads what was removed, and why', async () => {
    await breakDown('gone-1/page');
    const removed = await fetch(`${up.url}/clients/gone-1`, { method: 'DELETE' });
    expect(removed.status).toBe(202);
    expect((await ask('removals')).stdout).toMatch(/gone-1 +all +1 +1 /);
  });
});
