import { expect, test } from 'vitest';
import { ManualClock } from '../testing/clock.ts';
import { memoryLog } from '../testing/log.ts';
import type { Outgoing, Transport } from '../transport/index.ts';
import { SelfReports } from './self-reports.ts';
import type { Views } from './views.ts';

/** What is reported where a result of this status and output stands. */
function setUp(
  before: { status: number; output: string } | undefined,
  client: { name: string; signature?: string } = { name: 'i-42' },
) {
  const sent: unknown[] = [];
  const log = memoryLog();
  const publishResult = async ({ body }: Outgoing) => void sent.push(body);
  const transport = { publishResult } as unknown as Transport;
  const views = { state: () => before && { check: before } } as unknown as Views;
  const reports = new SelfReports({ transport, views, client: () => client, clock: new ManualClock(), log });
  return { sent, reports, transport, log };
}

const WRONG = { check: 'limits', status: 2, output: 'wrong\n' } as const;
const FINE = { check: 'limits', status: 0, output: 'fine\n' } as const;

test('a report is a result of the client, with its signature if it has one', async () => {
  const signed = setUp(undefined, { name: 'i-42', signature: 's' });
  await signed.reports.report(WRONG);
  expect(signed.sent).toMatchObject([
    { client: 'i-42', signature: 's', check: { name: 'limits', status: 2, output: 'wrong\n' } },
  ]);
  const plain = setUp(WRONG);
  await plain.reports.report(FINE);
  expect(plain.sent).toHaveLength(1);
  expect(plain.sent[0]).not.toHaveProperty('signature');
});

test.each([
  ['what never was wrong', undefined, FINE],
  ['what is still fine', { status: 0, output: 'other\n' }, FINE],
  ['what is said already', WRONG, WRONG],
] as const)('%s is not mentioned', async (_what, before, report) => {
  const { sent, reports } = setUp(before);
  await reports.report(report);
  expect(sent).toEqual([]);
});

test('what is wrong in another way is told, and a transport that takes nothing is logged', async () => {
  const { sent, reports, transport, log } = setUp({ status: 2, output: 'other\n' });
  await reports.report(WRONG);
  expect(sent).toHaveLength(1);
  transport.publishResult = () => Promise.reject(new Error('away'));
  await reports.report(WRONG);
  expect(log.lines).toMatchObject([{ level: 'error' }]);
});
