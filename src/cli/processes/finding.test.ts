import { expect, test } from 'vitest';
import { silentLog } from '../../runtime/log.ts';
import type { Views } from '../../state/views.ts';
import type { Outgoing, Transport } from '../../transport/index.ts';
import { FindingReporter, findingOf } from './finding.ts';

const PROBLEM = { file: 'a.json', line: 1, path: 'api', expected: 'an object', found: '1' };

/** A reporter of a client whose last finding had this status. */
function setUp(before: number | undefined, client: { name: string; signature?: string } = { name: 'i-42' }) {
  const sent: unknown[] = [];
  const transport = {
    publishResult: async ({ body }: Outgoing) => void sent.push(body),
  } as unknown as Transport;
  const state = before === undefined ? undefined : { check: { status: before } };
  const views = { state: () => state } as unknown as Views;
  return { sent, reporter: new FindingReporter({ transport, views, client: () => client, log: silentLog }) };
}

test('a finding is a result of the local client, with its signature', async () => {
  const { sent, reporter } = setUp(undefined, { name: 'i-42', signature: 's' });
  await reporter.report(findingOf({ problems: [PROBLEM] }));
  expect(sent).toMatchObject([
    { client: 'i-42', signature: 's', check: { name: 'tocsin_configuration', status: 2 } },
  ]);
});

test('a client without a signature sends none', async () => {
  const { sent, reporter } = setUp(2);
  await reporter.report({ status: 0, output: '' });
  expect(sent).toHaveLength(1);
  expect(sent[0]).not.toHaveProperty('signature');
});

test.each([[undefined], [0]])(
  'a configuration that never was wrong is not mentioned: before %s',
  async (before) => {
    const { sent, reporter } = setUp(before);
    await reporter.report({ status: 0, output: '' });
    expect(sent).toEqual([]);
  },
);
