import { beforeEach, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../model/check.ts';
import { Counters } from '../../runtime/counters.ts';
import type { SelfReport } from '../../state/self-reports.ts';
import { ManualClock } from '../../testing/clock.ts';
import { memoryLog } from '../../testing/log.ts';
import { ClientLimits } from './client-limits.ts';

const LIMITS = { resultsPerSecond: 10, bytesPerSecond: 1_000_000, messageBytes: 1_000_000, checks: 3 };
let clock: ManualClock;
let counters: Counters;
let reports: SelfReport[];
let states: Set<string>;

beforeEach(() => {
  clock = new ManualClock();
  counters = new Counters();
  reports = [];
  states = new Set();
});

function open(limits: Partial<typeof LIMITS> = {}) {
  const log = memoryLog();
  const gate = new ClientLimits({
    limits: () => ({ ...LIMITS, ...limits }),
    views: {
      state: (client: string, check: string) =>
        states.has(`${client}/${check}`) ? ({} as never) : undefined,
      stateCount: (client: string) => [...states].filter((name) => name.startsWith(`${client}/`)).length,
    },
    report: (report) => reports.push(report),
    clock,
    log,
    counters,
  });
  return { gate, log };
}

const result = (client: string, check = 'disk', rest: object = {}): CheckResult =>
  ({ client, check: { name: check, status: 0, output: 'fine', ...rest } }) as CheckResult;

/** How many of so many results get through at once. */
const admitted = (gate: ClientLimits, count: number, client = 'web-1'): number =>
  Array.from({ length: count }, () => gate.admits(result(client))).filter(Boolean).length;

describe('what one client may send', () => {
  it('is so many results a second on average, and ten seconds of it at once', async () => {
    const { gate } = open();
    expect(admitted(gate, 500)).toBe(100);
    await clock.advance(1_000);
    expect(admitted(gate, 500)).toBe(10);
    await clock.advance(60_000);
    expect(admitted(gate, 500)).toBe(100);
    expect(counters.read('results_over_rate')).toBe(400 + 490 + 400);
  });

  it('is of no concern to others', () => {
    const { gate } = open();
    admitted(gate, 100_000);
    expect(admitted(gate, 50, 'web-2')).toBe(50);
  });

  it('is so many bytes a second', () => {
    const { gate } = open({ bytesPerSecond: 10_000, resultsPerSecond: 1_000_000 });
    const large = () => gate.admits(result('web-1', 'disk', { output: 'x'.repeat(20_000) }));
    expect([large(), large(), large(), large(), large()]).toEqual([true, true, true, true, false]);
    expect(counters.read('results_over_bytes')).toBe(1);
  });

  it('is so many different checks; those that are known go on', () => {
    const { gate } = open();
    states = new Set(['web-1/a', 'web-1/b', 'web-1/c', 'switch/a']);
    expect(gate.admits(result('web-1', 'd'))).toBe(false);
    expect(gate.admits(result('web-1', 'c'))).toBe(true);
    expect(gate.admits(result('web-1', 'd', { source: 'switch' }))).toBe(true);
    expect(counters.read('results_over_checks')).toBe(1);
  });

  it('is told in one event, which ends when it was kept for five minutes', async () => {
    const { gate, log } = open();
    admitted(gate, 500);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatchObject({ check: 'client_limits', status: 1 });
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    gate.sweep();
    expect(reports.at(-1)?.output).toContain('web-1: 400 too many a second');
    await clock.advance(301_000);
    gate.sweep();
    expect(reports.at(-1)).toMatchObject({ status: 0 });
    const before = reports.length;
    gate.sweep();
    expect(reports).toHaveLength(before);
  });

  it('names who sends what is no result at all, without counting it a second time', () => {
    const { gate } = open();
    for (let time = 0; time < 3; time++) gate.invalid('web-1');
    gate.sweep();
    expect(reports.at(-1)).toMatchObject({
      status: 1,
      output: expect.stringContaining('web-1: 3 that cannot be taken'),
    });
    expect(Object.values(counters.all()).every((count) => count === 0)).toBe(true);
  });

  it('is kept of few clients that offended, however many names are made up', () => {
    const { gate } = open({ resultsPerSecond: 0.1 });
    for (let n = 0; n < 5_000; n++) admitted(gate, 2, `made-up-${n}`);
    gate.sweep();
    expect(reports.at(-1)?.output.split('\n').length).toBeLessThan(30);
  });
});
