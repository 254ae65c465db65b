import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { Workplace } from '../../src/testing/tocsin-process.ts';

const place = new Workplace();
afterAll(() => place.close());

interface Shown {
  check: { status: number; output: string };
}

const quiet = { socket: { enabled: false }, http_socket: { enabled: false } };
const standalone = (command: string) => ({ command, standalone: true, interval: 1 });

test('files that change are taken up: checks come and go, a mistake is an event and changes nothing else', async () => {
  await place.write({
    'conf/client.json': { client: { name: 'one', ...quiet } },
    'conf/a.json': { checks: { first: standalone('cat "$SENSU_LOADED_TEMPFILE"; exit 1') } },
  });
  const up = await place.up();
  const event = (check: string) => up.api.get<Shown>(`/events/one/${check}`);
  const first = await up.waitFor(() => event('first'), 'the first check has an event');
  expect(first.check.output.split(':').map((path) => path.replace(/.*\//, ''))).toEqual([
    'a.json',
    'client.json',
  ]);
  expect(await event('tocsin_configuration')).toBeUndefined();

  await place.write({ 'conf/b.json': { checks: { second: standalone('exit 2') } } });
  await up.waitFor(() => event('second'), 'a check that was added runs');

  await place.write({
    'conf/c.json': { handlers: { bad: { type: 'pipe' } }, checks: { third: standalone('exit 1') } },
  });
  const refused = await up.waitFor(() => event('tocsin_configuration'), 'the mistake is an event');
  expect(refused.check.status).toBe(2);
  expect(refused.check.output).toContain('handlers.bad.command');

  await place.write({ 'conf/c.json': { checks: { third: { ...standalone('exit 1'), interval: '1' } } } });
  const told = async () => (await event('tocsin_configuration'))?.check.status === 1;
  await up.waitFor(told, 'a check with a mistake is left out and told');

  await place.write({ 'conf/c.json': { checks: { third: standalone('exit 1') } } });
  await up.waitFor(() => event('third'), 'the mended check runs');
  await up.waitFor(async () => !(await event('tocsin_configuration')), 'the mended configuration is OK');

  await place.write({ 'conf/b.json': '{}' });
  process.kill(up.pid, 'SIGHUP');
  const checks = async () => JSON.stringify(await up.api.get('/settings')).includes('second') === false;
  await up.waitFor(checks, 'a check that was removed is gone from the settings');
  await up.stop();
});

test('the list of loaded files goes with its process', async () => {
  await place.write({ 'conf2/a.json': { client: { name: 'two', ...quiet } } });
  const up = await place.up({ config: 'conf2', data: 'data2' });
  const list = place.path('data2', 'sensu_server_loaded_files');
  expect(readFileSync(list, 'utf8')).toBe(place.path('conf2', 'a.json'));
  await up.stop();
  expect(() => readFileSync(list)).toThrow('ENOENT');
});
