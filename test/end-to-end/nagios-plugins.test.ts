import { exec } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type UpProcess, Workplace, waitFor } from '../../src/testing/tocsin-process.ts';

const FOLDER = '/usr/lib/nagios/plugins';
const PACKAGE = 'monitoring-plugins-basic';
const installed = existsSync(join(FOLDER, 'check_procs'));
/** Without the package this is a skip that shows in the count; in CI nothing may be skipped. */
const skipped = !installed && process.env['TOCSIN_SKIP'] !== 'never';

/** Command lines of plugins; PORT becomes that of a web server. */
const PLUGINS: Record<string, string> = {
  ok: 'check_dummy 0 "all is well"',
  warning: 'check_dummy 1',
  critical: 'check_dummy 2 \'it is "bad" & $HOME; worse\'',
  unknown: 'check_dummy 3 ?',
  unsupported: 'check_dummy 4',
  usage: 'check_disk',
  disk: 'check_disk -w 1 -c 1 -p /',
  'disk-full': 'check_disk -w 100% -c 100% -p /',
  load: 'check_load -w 9000,9000,9000 -c 9999,9999,9999',
  procs: 'check_procs -w 1000000',
  'procs-none': 'check_procs -c 1: -C no-such-process',
  users: 'check_users -w 1000 -c 2000',
  file: 'check_file_age -w 2000000000 -c 2000000000 -f /etc/passwd',
  'file-none': 'check_file_age -f /nonexistent',
  tcp: 'check_tcp -H :::target|127.0.0.1::: -p PORT',
  'tcp-refused': 'check_tcp -H 127.0.0.1 -p 1',
  http: 'check_http -H 127.0.0.1 -p PORT -u /page',
  'http-status': 'check_http -H 127.0.0.1 -p PORT -u /nothing',
  negated: `negate -o CRITICAL ${FOLDER}/check_dummy 2 "on purpose"`,
  wrapped: `urlize http://127.0.0.1/ ${FOLDER}/check_dummy 1 "see there"`,
};

/** Commands that behave as none should. */
const ODD: Record<string, { command: string; timeout?: number }> = {
  hung: { command: 'echo $$ >> hung.pids; sleep 1000 & echo $! >> hung.pids; wait', timeout: 1 },
  stubborn: { command: "trap '' TERM; echo $$ >> stubborn.pids; sleep 1000; sleep 1000", timeout: 1 },
  megabytes: { command: 'echo first; yes 0123456789abcde | head -c 8000000; echo last; exit 1' },
  bytes: { command: "printf 'caf\\351 caf\\303\\251 a\\000b \\033[31m\\n'; exit 2" },
  both: { command: 'echo one; echo two >&2; echo three; exit 42' },
  missing: { command: 'no-such-command-anywhere --flag' },
  killed: { command: 'kill -9 $$' },
  silent: { command: 'exit 1' },
};

interface Result {
  client: string;
  check: { name: string; status: number; output: string; duration: number };
}

/** Everything takes long on a busy machine. */
const SLOW = 120_000;
const place = new Workplace();
let up: UpProcess;
let web: Server;
let port: number;
let client: string;

beforeAll(async () => {
  web = createServer((request, response) => {
    response.writeHead(request.url === '/page' ? 200 : 404).end('a page');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => web.once('listening', resolve));
  port = (web.address() as AddressInfo).port;
  const plugins = skipped
    ? []
    : Object.entries(PLUGINS).map(([name, line]) => [name, { command: lineOf(line) }]);
  const checks = Object.fromEntries(
    [...plugins, ...Object.entries(ODD)].map(([name, check]) => [
      name,
      { ...(check as object), standalone: true, interval: 1 },
    ]),
  );
  await place.write({ 'conf/all.json': { checks, sensu: { spawn: { limit: 50 } } } });
  up = await place.up();
  client = await up.waitFor(
    async () => (await up.api.get<{ name: string }[]>('/clients'))?.[0]?.name,
    'this machine is a client',
  );
}, SLOW);

afterAll(async () => {
  web.close();
  await place.close();
}, 60_000);

function lineOf(line: string): string {
  return `${FOLDER}/${line.replace('PORT', String(port))}`;
}

function resultOf(check: string): Promise<Result['check']> {
  return up.waitFor(
    async () => (await up.api.get<Result>(`/results/${client}/${check}`))?.check,
    `${check} has a result`,
  );
}

function runDirectly(command: string): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    exec(command, (error, output) => resolve({ status: Number(error?.code ?? 0), output }));
  });
}

/** Texts of two runs differ in what was measured. */
const withoutNumbers = (text: string): string => text.replace(/\d+(\.\d+)?/g, '#');

describe.skipIf(skipped)(`plugins of the Debian package ${PACKAGE}`, { timeout: SLOW }, () => {
  it.each(Object.entries(PLUGINS))('%s: %s', async (name, line) => {
    expect(installed, `install the Debian package ${PACKAGE}`).toBe(true);
    const command = `${lineOf(line).replace(':::target|127.0.0.1:::', '127.0.0.1')} 2>&1`;
    const direct = await runDirectly(command);
    const { status, output } = await resultOf(name);
    expect({ status, output: withoutNumbers(output) }).toEqual({
      status: direct.status,
      output: withoutNumbers(direct.output),
    });
    expect(output).not.toBe('');
  });

  it('have all four statuses', async () => {
    const names = ['ok', 'warning', 'critical', 'unknown'];
    const results = await Promise.all(names.map(resultOf));
    expect(results.map(({ status }) => status)).toEqual([0, 1, 2, 3]);
    expect(results[2]?.output).toBe(`CRITICAL: it is "bad" & $HOME; worse\n`);
  });
});

describe('commands that behave as none should', { timeout: SLOW }, () => {
  it.each(['hung', 'stubborn'])('a %s one is ended by its timeout, with all it started', async (name) => {
    const { status, output, duration } = await resultOf(name);
    expect({ status, output }).toEqual({ status: 2, output: 'Execution timed out' });
    expect(duration).toBeGreaterThanOrEqual(1);
    const pids = readFileSync(place.path(`${name}.pids`), 'utf8')
      .split('\n')
      .map(Number);
    const ofFirstRun = pids.slice(0, name === 'hung' ? 2 : 1);
    const living = place.living().map(({ pid }) => pid);
    expect(ofFirstRun.filter((pid) => living.includes(pid))).toEqual([]);
  });

  it('one that prints megabytes keeps its beginning and its end', async () => {
    const { status, output } = await resultOf('megabytes');
    expect(status).toBe(1);
    expect(output).toMatch(/^first\n0123456789abcde\n/);
    expect(output).toMatch(/\n\[\d+ bytes of output left out\]\n/);
    expect(output).toMatch(/0123456789abcde\nlast\n$/);
    expect(Buffer.byteLength(output)).toBeLessThan(1_048_576 + 100);
  });

  it('bytes that are no UTF-8 are shown as such, the others as they are', async () => {
    const { status, output } = await resultOf('bytes');
    expect({ status, output }).toEqual({ status: 2, output: 'caf\uFFFD café a\0b \u001b[31m\n' });
    const shown = await place.run('results', `${client}/bytes`, '--url', up.url);
    expect(shown.stdout).toContain('caf\uFFFD café a b  [31m\n');
  });

  it('error output, exit codes beyond 3, signals and missing programs become results', async () => {
    const results = await Promise.all(['both', 'missing', 'killed', 'silent'].map(resultOf));
    expect(results.map(({ status, output }) => [status, output])).toEqual([
      [42, 'one\ntwo\nthree\n'],
      [127, expect.stringMatching(/no-such-command-anywhere: not found\n$/)],
      [9, ''],
      [1, ''],
    ]);
  });

  it('nothing of it troubles the rest, and a stop ends it all', async () => {
    expect(await up.api.get('/info')).toBeDefined();
    await up.stop();
    await waitFor(() => place.living().length === 0, 'nothing lives any more');
  });
});
