import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeFiles } from '../../src/testing/config-files.ts';
import { commandLine } from '../../src/testing/tocsin-build.ts';
import { freePort, waitFor } from '../../src/testing/tocsin-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-sensu-'));
const programs = dirname(commandLine(join(folder, 'tocsin')));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const fixtures = join(import.meta.dirname, '../../src/cli/processes/fixtures');
const captured = (name: string): string => readFileSync(join(fixtures, name), 'utf8');

function sensu(role: string, ...args: string[]): SpawnSyncReturns<string> {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, TOCSIN_DATA: join(folder, 'data') };
  const program = join(programs, `sensu-${role}.js`);
  return spawnSync(process.execPath, [program, ...args], { cwd: folder, env, encoding: 'utf8' });
}

test.each(['server', 'client', 'api'])('sensu-%s: version, help, an unknown level', (role) => {
  expect(sensu(role, '-V')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(sensu(role, '-h')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining(`Usage: sensu-${role}`),
  });
  expect(sensu(role, '-L', 'bogus')).toMatchObject({ status: 1, stdout: 'Unknown log level: bogus\n' });
});

test.each([
  ['server', 'server-base.json'],
  ['api', 'server-base.json'],
  ['client', 'client.json'],
])('sensu-%s validates and prints the same document as Sensu', async (role, file) => {
  await writeFiles(folder, { [`${role}/${file}`]: captured(file) });
  const places = ['-d', join(folder, role)];
  expect(sensu(role, ...places, '--validate_config')).toMatchObject({
    status: 0,
    stdout: 'configuration is valid\n',
  });
  const { status, stdout } = sensu(role, ...places, '-P');
  const document = (text: string): unknown =>
    JSON.parse(text.slice(text.indexOf('\n{\n'), text.lastIndexOf('\n}') + 2));
  expect(status).toBe(0);
  expect(document(stdout)).toEqual(document(captured(`${role}-print_config.txt`)));
});

test('a configuration that cannot be read: what is said, and how it ends', async () => {
  await writeFiles(folder, { 'bad/zz.json': '{"a"' });
  const places = ['-d', join(folder, 'bad')];
  const judged = sensu('server', ...places, '--validate_config');
  expect([judged.status, judged.stdout.split('\n')[0]]).toEqual([2, 'configuration is invalid']);
  expect(JSON.parse(judged.stdout.slice(judged.stdout.indexOf('{')))).toMatchObject({
    errors: [{ message: 'config file must be valid json', file: join(folder, 'bad/zz.json') }],
  });
  const started = sensu('server', ...places);
  const lines = started.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(started.status).toBe(2);
  expect(lines.filter(({ level }) => level === 'fatal').map(({ message }) => message)).toEqual([
    'config file must be valid json',
    'SENSU NOT RUNNING!',
  ]);
});

test('a role that cannot run alone says so', () => {
  for (const role of ['client', 'api']) {
    expect(sensu(role)).toMatchObject({ status: 2, stderr: expect.stringContaining('start sensu-server') });
  }
});

test('sensu-client is an agent where a server elsewhere is configured, in the background too', async () => {
  const client = { name: 'far', socket: { enabled: false }, http_socket: { enabled: false } };
  const servers = [`ws://127.0.0.1:${await freePort()}`];
  await writeFiles(folder, { 'far/a.json': { client, tocsin: { agent: { servers } } } });
  const [pidFile, log] = [join(folder, 'far-pid'), join(folder, 'far-log')];
  expect(sensu('client', '-b', '-d', 'far', '-p', 'far-pid', '-l', 'far-log')).toMatchObject({ status: 0 });
  const pid = Number(readFileSync(pidFile, 'utf8'));
  try {
    const says = (text: string) => () => existsSync(log) && readFileSync(log, 'utf8').includes(text);
    await waitFor(says('"message":"the agent runs","client":"far"'), 'it runs without its server');
  } finally {
    process.kill(pid, 'SIGTERM');
  }
  await waitFor(() => !existsSync(pidFile), 'it has ended');
});

test('a pid file that cannot be written is fatal', () => {
  const { status, stdout } = sensu('server', '-p', '/dev/null/pid');
  expect([status, stdout.includes('SENSU NOT RUNNING!')]).toEqual([2, true]);
});

test('in the background: a pid file, a log that is opened again, and an orderly end', async () => {
  const client = { name: 'bg', socket: { enabled: false }, http_socket: { enabled: false } };
  await writeFiles(folder, { 'bg/a.json': { client, api: { port: 0 } } });
  const [pidFile, log] = [join(folder, 'pid'), join(folder, 'log')];
  expect(sensu('server', '-b', '-d', 'bg', '-p', 'pid', '-l', 'log')).toMatchObject({ status: 0 });
  const pid = Number(readFileSync(pidFile, 'utf8'));
  try {
    expect(readFileSync(pidFile, 'utf8')).toBe(`${pid}\n`);
    const says = (text: string) => () => existsSync(log) && readFileSync(log, 'utf8').includes(text);
    await waitFor(says('"message":"listening"'), 'it listens');
    rmSync(log);
    process.kill(pid, 'SIGUSR2');
    await waitFor(says('opened again'), 'there is a new log');
    process.kill(pid, 'SIGTRAP');
    await waitFor(says('"log_level":"debug"'), 'everything is logged');
  } finally {
    process.kill(pid, 'SIGTERM');
  }
  await waitFor(() => !existsSync(pidFile), 'it has ended');
});
