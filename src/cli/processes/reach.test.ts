import { expect, test } from 'vitest';
import { testSettings } from '../../testing/settings.ts';
import { accessReport, strangersObjection } from './reach.ts';

const BEFORE = testSettings();
const boundTo = (bind: string) => ({ ...BEFORE, api: { ...BEFORE.api, bind } });

test.each([
  ['127.0.0.1', false, false],
  ['127.8.0.1', false, false],
  ['localhost', false, false],
  ['::1', false, false],
  ['0.0.0.0', false, true],
  ['::', false, true],
  ['192.0.2.1', false, true],
  ['127.0.0.1.example', false, true],
  ['0.0.0.0', true, false],
])('listening on %s, callers say who they are: %s, is objected to: %s', (bind, guarded, refused) => {
  const objections = strangersObjection(boundTo(bind), guarded);
  expect(objections.map(({ steps, found }) => [steps, found])).toEqual(
    refused ? [[['api', 'bind'], JSON.stringify(bind)]] : [],
  );
  expect(accessReport(boundTo(bind), guarded)).toMatchObject({
    check: 'open_access',
    status: refused ? 1 : 0,
  });
});
