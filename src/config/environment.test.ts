import { expect, test } from 'vitest';
import { loadFiles } from '../testing/config-files.ts';
import { describeProblems } from './problem.ts';

test.each<[string, string, object]>([
  ['SENSU_TRANSPORT_NAME', 'redis', { transport: { name: 'redis' } }],
  ['RABBITMQ_URL', 'amqp://h', { rabbitmq: 'amqp://h' }],
  ['REDIS_URL', 'redis://h', { redis: 'redis://h' }],
  ['REDIS_SENTINEL_URLS', 'redis://a,redis://b', { redis: { sentinels: 'redis://a,redis://b' } }],
  ['SENSU_CLIENT_NAME', 'db-1', { client: { name: 'db-1' } }],
  ['SENSU_CLIENT_ADDRESS', '::1', { client: { address: '::1' } }],
  ['SENSU_CLIENT_SUBSCRIPTIONS', 'a, b,,', { client: { subscriptions: ['a', 'b'] } }],
  ['SENSU_API_PORT', '4568', { api: { port: 4568 } }],
])('%s is a part of the configuration', async (variable, text, document) => {
  const { read } = await loadFiles({}, [], { [variable]: text });
  expect(read.document).toMatchObject(document);
});

test('the environment comes before the files: their scalars count, and subscriptions are joined', async () => {
  const files = { 'a.json': { client: { name: 'file', subscriptions: ['x', 'a'] }, rabbitmq: { port: 1 } } };
  const environment = {
    SENSU_CLIENT_NAME: 'variable',
    SENSU_CLIENT_SUBSCRIPTIONS: 'a,b',
    RABBITMQ_URL: 'amqp://h',
  };
  const { settings } = await loadFiles(files, [], environment);
  expect(settings?.client).toMatchObject({ name: 'file', subscriptions: ['a', 'b', 'x', 'client:file'] });
  expect(settings?.document.rabbitmq).toEqual({ port: 1 });
  expect(settings?.files).toHaveLength(1);
});

test('sentinels are named instead of one Redis, and what is empty is not set', async () => {
  const both = { REDIS_SENTINEL_URLS: 's', REDIS_URL: 'r' };
  expect((await loadFiles({}, [], both)).read.document.redis).toEqual({ sentinels: 's' });
  expect((await loadFiles({}, [], { REDIS_URL: '' })).read.document).not.toHaveProperty('redis');
});

test('a mistake in a variable is told by its name', async () => {
  const { problems = [] } = await loadFiles({}, [], { SENSU_CLIENT_NAME: 'a b', SENSU_API_PORT: 'x' });
  expect(problems.map(({ path, variable, file }) => [path, variable, file])).toEqual([
    ['api.port', 'SENSU_API_PORT', null],
    ['client.name', 'SENSU_CLIENT_NAME', null],
  ]);
  expect(describeProblems(problems)).toContain('environment variable SENSU_API_PORT  api.port');
});
