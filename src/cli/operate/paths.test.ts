import { expect, test } from 'vitest';
import { pathsIn } from './paths.ts';

const document = {
  checks: { disk: { interval: 60, handlers: ['mail', 'pager'] }, 'disk root': { interval: 5 } },
  client: { name: 'web-1' },
};

test.each<[string, string[]]>([
  ['', ['checks', 'client']],
  ['c', ['checks', 'client']],
  ['checks', ['checks']],
  ['checks.', ['checks.disk']],
  ['checks[', ['checks["disk root"]']],
  ['checks["disk root"].', ['checks["disk root"].interval']],
  ['checks.disk.h', ['checks.disk.handlers']],
  ['checks.disk.handlers[', ['checks.disk.handlers[0]', 'checks.disk.handlers[1]']],
  ['client.name.', []],
  ['nothing.', []],
])('behind %j stand %j', (begun, paths) => {
  expect(pathsIn(document, begun)).toEqual(paths);
});
