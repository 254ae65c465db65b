import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSettings } from '../../config/index.ts';
import { silentLog } from '../../runtime/log.ts';
import { withFolder } from '../../testing/config-files.ts';
import { LoadedFiles } from './loaded-files.ts';
import { removePidFile, writePidFile } from './pid-file.ts';
import { placesOf, printedDocument, roleOf } from './sensu.ts';
import { type Role, sensuErrors } from './sensu-errors.ts';
import { argumentsOf, parseSensuFlags, sensuHelp } from './sensu-flags.ts';

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);

function flagsOf(...args: string[]) {
  const command = parseSensuFlags(args);
  if (command.kind !== 'run') throw new Error(JSON.stringify(command));
  return command.flags;
}

// Command line of Sensu Core 1.9, all four statements.
test('the usual file and folder are used where they are there, and only then', () => {
  expect(placesOf({}, () => true)).toEqual({
    config: '/etc/sensu/config.json',
    configDir: ['/etc/sensu/conf.d'],
  });
  expect(placesOf({}, () => false)).toEqual({ config: undefined, configDir: undefined });
  const flags = flagsOf('-c', 'a.json', '-d', 'x,y');
  expect(placesOf(flags, () => true)).toEqual({ config: 'a.json', configDir: ['x', 'y'] });
});

test('every flag sets its own option, in every way of writing', () => {
  const wanted = {
    config: 'a',
    configDirs: ['b', 'c'],
    validate: true,
    print: true,
    extensionDir: 'e',
    log: 'l',
    logLevel: 'error',
    background: true,
    pidFile: 'p',
  };
  const short = [
    '-ca',
    '-d',
    'b,c',
    '--validate_config',
    '-P',
    '-ee',
    '-l',
    'l',
    '-v',
    '-L',
    'ERROR',
    '-bpp',
  ];
  expect(flagsOf(...short)).toEqual(wanted);
  const long = ['--config=a', '--config_dir', 'b,c', '--valid', '--print_config', '--extension_dir=e'];
  const rest = ['--log', 'l', '--verbose', '--log_level=error', '--background', '--pid_file=p'];
  expect(flagsOf(...long, ...rest)).toEqual(wanted);
});

test('of -v and -L the later one counts', () => {
  expect(flagsOf('-v', '-L', 'warn').logLevel).toBe('warn');
  expect(flagsOf('-L', 'warn', '-v').logLevel).toBe('debug');
});

test.each([
  [['-L', 'bogus'], 'Unknown log level: bogus'],
  [['--log_level=bogus', '-h'], 'Unknown log level: bogus'],
  [['--nothing'], 'invalid option: --nothing'],
  [['-x'], 'invalid option: -x'],
  [['-c'], 'missing argument: -c'],
  [['--co', 'x'], 'ambiguous option: --co'],
  [['--verbose=1'], 'needless argument: --verbose=1'],
])('%j is refused', (args, why) => {
  expect(parseSensuFlags(args)).toEqual({ kind: 'wrong', why });
});

test('help and version end the command line where they stand, and help names every flag', () => {
  expect(parseSensuFlags(['-h', '-L', 'bogus'])).toEqual({ kind: 'help' });
  expect(parseSensuFlags(['-vV', '--nothing'])).toEqual({ kind: 'version' });
  const long = ['help', 'version', 'config', 'config_dir', 'validate_config', 'print_config'];
  const rest = ['extension_dir', 'log', 'log_level', 'verbose', 'background', 'pid_file'];
  for (const name of [...long, ...rest]) expect(sensuHelp('sensu-api')).toContain(`--${name} `);
  expect(sensuHelp('sensu-api')).toMatch(/^Usage: sensu-api \[options\]\n/);
});

test('what is handed on to a process elsewhere has absolute paths and does not go to the background again', () => {
  const args = argumentsOf(flagsOf('-b', '-c', 'a', '-d', 'b,/c', '-l', 'd', '-p', 'e', '-v'));
  expect(flagsOf(...args)).toEqual({
    config: join(process.cwd(), 'a'),
    configDirs: [join(process.cwd(), 'b'), '/c'],
    log: join(process.cwd(), 'd'),
    pidFile: join(process.cwd(), 'e'),
    logLevel: 'debug',
  });
});

test.each<[string, Role]>([
  ['/usr/bin/sensu-client', 'client'],
  ['dist/cli/sensu-api.js', 'api'],
  ['my-own-sensu-server', 'server'],
  ['sensu', 'server'],
])('%s is the %s', (program, role) => {
  expect(roleOf(program)).toBe(role);
});

// Daemons of Sensu Core 1.9, both statements.
test('a pid file holds the number and a line break, and goes with its process alone', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'pid');
    writePidFile(path, 42);
    expect(readFileSync(path, 'utf8')).toBe('42\n');
    removePidFile(path, 43);
    expect(existsSync(path)).toBe(true);
    removePidFile(path, 42);
    expect(existsSync(path)).toBe(false);
  });
});

test('a pid file that cannot be written is refused', () => {
  expect(() => writePidFile('/nowhere/at/all/pid')).toThrow(
    expect.objectContaining({ code: 'PID_FILE_UNWRITABLE' }),
  );
});

interface Captured {
  object: { name?: unknown };
  message: string;
}

test.each<Role>(['server', 'client'])(
  'what Sensu finds wrong for a %s is found here, in the same words',
  async (role) => {
    await withFolder(async (folder) => {
      mkdirSync(join(folder, 'conf'));
      writeFileSync(join(folder, 'conf', 'bad.json'), readFileSync(fixture('bad.json')));
      const defaults = { hostname: 'h', address: '192.0.2.2' };
      const loaded = await loadSettings({
        directories: [join(folder, 'conf')],
        defaults,
        plugins: new Map(),
      });
      const captured = readFileSync(fixture(`${role}-invalid-config.txt`), 'utf8');
      const json = captured.slice(captured.indexOf('{'), captured.lastIndexOf('}') + 1);
      const said = ({ object, message }: Captured): string => `${object?.name}: ${message}`;
      const expected = (JSON.parse(json) as { errors: Captured[] }).errors.map(said);
      const found = sensuErrors(loaded, role).map((error) => said(error as unknown as Captured));
      // A path that leads to the client's section alone has no other name than its own.
      expect(expected.filter((one) => !found.includes(one))).toEqual([]);
    });
  },
);

test('neither what is printed nor what is found wrong shows what the client names as secret', async () => {
  const client = { name: 'a', address: 'b', redact: ['pin'], pin: '1234', password: 'x' };
  const handlers = { mail: { type: 'pipe', command: 5, pin: '1234' } };
  for (const role of ['server', 'client'] as const) {
    const printed = printedDocument(role, { client, handlers });
    expect(printed).toMatchObject({ client: { pin: 'REDACTED', password: 'REDACTED' } });
    expect(JSON.stringify(printed)).not.toContain('1234');
  }
  await withFolder(async (folder) => {
    writeFileSync(join(folder, 'a.json'), JSON.stringify({ client, handlers }));
    const defaults = { hostname: 'h', address: '192.0.2.2' };
    const loaded = await loadSettings({ directories: [folder], defaults, plugins: new Map() });
    const [error] = sensuErrors(loaded, 'server');
    expect(error?.object).toMatchObject({ command: 5, pin: 'REDACTED' });
  });
});

test('the list of loaded files is whole, of its process alone, and copied where others look', async () => {
  await withFolder(async (folder) => {
    const copies = join(folder, 'copies');
    const of = (data: string): LoadedFiles =>
      new LoadedFiles({ folder: join(folder, data), service: 'server', copyFolder: copies, log: silentLog });
    const [one, two] = [of('one'), of('two')];
    one.write(['/a.json', '/b.json']);
    two.write(['/c.json']);
    expect(readFileSync(one.path, 'utf8')).toBe('/a.json:/b.json');
    expect(readFileSync(two.path, 'utf8')).toBe('/c.json');
    expect(readdirSync(copies)).toEqual(['sensu_server_loaded_files']);
    expect(statSync(one.path).mode & 0o777).toBe(0o600);
    one.write([]);
    expect(readFileSync(one.path, 'utf8')).toBe('');
    one.remove();
    expect(readdirSync(join(folder, 'one'))).toEqual([]);
  });
});
