import { afterAll, describe, expect, it } from 'vitest';
import { freePort, Workplace } from '../../src/testing/tocsin-process.ts';

const place = new Workplace();
afterAll(() => place.close(), 60_000);

/** Commands take long to begin on a busy machine. */
const SLOW = 120_000;

describe.concurrent('help', { timeout: SLOW }, () => {
  it.each([
    [[]],
    [['up']],
    [['server']],
    [['agent']],
    [['join']],
    [['events']],
    [['clients']],
    [['checks']],
    [['results']],
    [['check']],
    [['check', 'run']],
    [['handler']],
    [['handler', 'test']],
  ])('of tocsin %j says what it does, with examples', async (command) => {
    const { code, stdout, stderr } = await place.run(...command, '--help');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^Usage: ${['tocsin', ...command].join(' ')}`));
    expect(stdout).toMatch(new RegExp(`\nExamples:\n  ${['tocsin', ...command].join(' ')}`));
  });

  it('is offered to whoever mistypes, with exit code 2', async () => {
    const mistyped = await Promise.all([
      place.run('evnts'),
      place.run('events', '--nonsense'),
      place.run('events', '--port', 'http'),
      place.run('up', '--log-level', 'loud'),
      place.run('handler', 'test'),
    ]);
    expect(mistyped.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2]);
    expect(mistyped.map(({ stderr }) => stderr)).toEqual([
      expect.stringContaining("unknown command 'evnts'"),
      expect.stringContaining("unknown option '--nonsense'"),
      'tocsin: --port takes a number from 0 to 65535, not "http"\n',
      'tocsin: --log-level takes one of debug, info, warn, error, fatal, not "loud"\n',
      expect.stringContaining("missing required argument 'name'"),
    ]);
    expect(mistyped.map(({ stdout }) => stdout).join('')).toBe('');
  });
});

describe.concurrent('without a server', { timeout: SLOW }, () => {
  it('commands that ask one say what to start, with exit code 4', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const asked = await Promise.all([
      place.run('events', '--url', url),
      place.run('results', '--url', url, '--json'),
      place.run('clients', '--url', url, '--watch'),
    ]);
    for (const { code, stdout, stderr } of asked) {
      expect([code, stdout]).toEqual([4, '']);
      expect(stderr).toMatch(/^tocsin: No Tocsin answers at http:.*tocsin up/);
    }
  });
});

describe.concurrent('configuration with mistakes', { timeout: SLOW }, () => {
  it('tells all of them, each with file and line, and starts nothing', async () => {
    await place.write({
      'wrong/checks.json':
        '{\n  "checks": {\n    "disk": { "command": "true", "interval": "often" },\n    "a b": {}\n  }\n}\n',
      'wrong/handlers.json':
        '{\n  "handlers": {\n    "page": {\n      "type": "pip",\n      "command": "true"\n    }\n  }\n}\n',
      'wrong/text.json': '{ "checks": \n',
    });
    const { code, stdout, stderr } = await place.run(
      'up',
      '-d',
      'wrong',
      '--data',
      'wrong-data',
      '--port',
      '0',
    );
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^tocsin: there are \d+ mistakes in the configuration\n/);
    const file = (name: string): string => place.path('wrong', name).replaceAll('.', '\\.');
    expect(stderr).toMatch(new RegExp(`^${file('checks.json')}:3 {2}checks\\.disk\\.interval$`, 'm'));
    expect(stderr).toMatch(new RegExp(`^${file('checks.json')}:4 {2}.*a b`, 'm'));
    expect(stderr).toMatch(new RegExp(`^${file('handlers.json')}:4 {2}handlers\\.page\\.type$`, 'm'));
    expect(stderr).toMatch(new RegExp(`^${file('text.json')}:\\d+:\\d+`, 'm'));
    expect(stderr).toMatch(/^ {2}expected {2}.+\n {2}found {5}"often"$/m);
    expect(stderr).toMatch(/did you mean "?pipe/i);
  });

  it('is refused by every command that reads it', async () => {
    await place.write({ 'broken/all.json': '{ "handlers": { "page": { "type": "pip" } } }' });
    const [run, test] = await Promise.all([
      place.run('check', 'run', 'disk', '-d', 'broken'),
      place.run('handler', 'test', 'page', '-d', 'broken'),
    ]);
    for (const { code, stderr } of [run, test]) {
      expect(code).toBe(2);
      expect(stderr).toContain(`${place.path('broken/all.json')}:1  handlers.page.type`);
    }
  });

  it('of a check leaves that one out, and is told to whoever wants to run it', async () => {
    await place.write({ 'half/all.json': '{ "checks": { "disk": { "command": 1 } } }' });
    const { code, stderr } = await place.run('check', 'run', 'disk', '-d', 'half');
    expect(code).toBe(2);
    expect(stderr).toContain('the check "disk" has mistakes');
    expect(stderr).toContain(`${place.path('half/all.json')}:1  checks.disk.command`);
  });
});

describe.concurrent('config explain', { timeout: SLOW }, () => {
  it('takes the path before or behind the folders', async () => {
    await place.write({ 'fine/all.json': '{ "checks": { "disk": { "command": "df", "ttl": 5 } } }' });
    const explained = await Promise.all([
      place.run('config', 'explain', 'checks.disk.ttl', '-d', 'fine'),
      place.run('config', 'explain', '-d', 'fine', 'checks.disk.ttl'),
      place.run('config', 'explain', '-d', 'fine', 'fine', 'checks.disk.ttl'),
    ]);
    for (const { code, stdout } of explained) {
      expect(code).toBe(0);
      expect(stdout).toMatch(/^checks\.disk\.ttl = 5\n/);
    }
    const { code, stderr } = await place.run('config', 'explain', '-d', 'fine');
    expect(code).toBe(2);
    expect(stderr).toContain("missing required argument 'path'");
  });
});

describe.concurrent('check run and handler test', { timeout: SLOW }, () => {
  it('end as the check or the handler does, or say what there is', async () => {
    await place.write({
      'tools/all.json': {
        checks: {
          fine: { command: 'echo fine', interval: 60, standalone: true },
          odd: { command: 'echo odd; exit 42', interval: 60, standalone: true },
          hung: { command: 'sleep 1000', timeout: 1, interval: 60, standalone: true },
        },
        handlers: {
          keeps: { type: 'pipe', command: 'cat > kept.json' },
          fails: { type: 'pipe', command: 'cat > /dev/null; echo no such room; exit 7' },
          both: { type: 'set', handlers: ['keeps', 'fails'] },
        },
      },
    });
    const check = (name: string) => place.run('check', 'run', name, '-d', 'tools');
    const handler = (name: string) => place.run('handler', 'test', name, '-d', 'tools');
    const [fine, odd, hung, noCheck, keeps, fails, both, noHandler] = await Promise.all([
      ...['fine', 'odd', 'hung', 'fnie'].map(check),
      ...['keeps', 'fails', 'both', 'fail'].map(handler),
    ]);
    expect([fine?.code, odd?.code, hung?.code, noCheck?.code]).toEqual([0, 42, 2, 3]);
    expect(fine?.stdout).toMatch(/^OK {2}status 0 .*\n\nfine\n/);
    expect(odd?.stdout).toMatch(/^UNKNOWN {2}status 42 .*\n\nodd\n/);
    expect(hung?.stdout).toMatch(/^CRITICAL {2}status 2 .*\n\nExecution timed out\n/);
    expect(noCheck?.stderr).toMatch(/^tocsin: there is no check "fnie"; did you mean "fine"\?/);
    expect([keeps?.code, fails?.code, both?.code, noHandler?.code]).toEqual([0, 1, 1, 3]);
    expect(fails?.stdout).toMatch(/fails failed in .* status 7: no such room/);
    expect(both?.stdout).toMatch(/keeps handled(.|\n)*fails failed/);
    expect(noHandler?.stderr).toMatch(/^tocsin: there is no handler "fail"; did you mean "fails"\?/);
  });
});

describe.concurrent('a second tocsin up', { timeout: SLOW }, () => {
  it('is refused the data folder and the port of the first, which goes on', async () => {
    await place.write({ 'conf/all.json': {} });
    const first = await place.up();
    const up = (data: string, port: number) =>
      place.run('up', '-d', 'conf', '--data', data, '--port', String(port));
    const [sameData, samePort] = await Promise.all([up('data', 0), up('other', first.port)]);
    expect([sameData.code, samePort.code]).toEqual([4, 4]);
    expect(sameData.stderr).toMatch(/^tocsin: .*data.*(in use|locked|another|other)[^\n]*\n$/i);
    expect(sameData.stderr).toContain(place.path('data'));
    expect(samePort.stderr).toMatch(
      new RegExp(`^tocsin: Port ${first.port} of 127\\.0\\.0\\.1 is taken .*--port`),
    );
    expect(sameData.stdout + samePort.stdout).toBe('');
    expect(await first.api.get('/info')).toBeDefined();
    const [nobody, nothing] = await Promise.all([
      place.run('events', 'nobody', '--url', first.url),
      place.run('results', 'nobody/nothing', '--json', '--url', first.url),
    ]);
    expect([nobody.code, nobody.stdout, nobody.stderr]).toEqual([
      3,
      '',
      'tocsin: There is no client nobody.\n',
    ]);
    expect([nothing.code, nothing.stdout]).toEqual([3, '']);
    await first.stop();
  });
});
