import { expect, test } from 'vitest';
import type { SelfStatus } from '../../state/self-status.ts';
import { drawStatus, isWell } from './status.ts';

const self: SelfStatus = {
  client: 'tocsin-hall',
  blind: false,
  canary: { every: 15, passed_at: 1, took: 0.004, quiet: 7 },
  intake: { lag: 0.004, results_waiting: 2, keepalives_waiting: 1 },
  schedule: { lateness: 0 },
  outbox: { deliveries: 3, age: 90 },
  deliveries: { handled: 12, failed: 1 },
  dead_letters: 4,
  store: { connected: true },
  transport: { connected: true },
  agents: 40,
  clocks: { clients: 0, worst: [] },
  event_loop: { delay: 0.001 },
  problems: [],
};
const process = { version: '1.2.3', uptime_seconds: 7200, counts: { clients: 41, results: 900, events: 2 } };
const terminal = { write: () => undefined, interactive: false, colours: false, columns: 80, rows: 24 };
const draw = (changes: Partial<SelfStatus> = {}): string =>
  drawStatus({ ...self, ...changes }, process, terminal);

test('a screen tells canary, lag, outbox, dead letters and agents', () => {
  expect(draw()).toBe(
    [
      'All is well.',
      '',
      'server        tocsin-hall, 1.2.3, up 2 h 0 min',
      'canary        came back 7 s ago, took 4 ms',
      'store         answers',
      'intake        4 ms behind, 3 messages waiting',
      'schedule      0 ms late',
      'outbox        3 deliveries, oldest 1 min',
      'handlers      12 reached, 1 failed in the last 5 min',
      'dead letters  4, see "tocsin dead"',
      'agents        40 connected',
      'clocks        agree',
      'known         41 clients, 900 results, 2 open events',
      '',
    ].join('\n'),
  );
});

test('blindness comes first, and what is past its threshold is listed', () => {
  const problems = [{ check: 'intake_lag', status: 2, output: 'results wait\nmore' }];
  expect(draw({ blind: true, problems })).toMatch(/^BLIND: .*\n/);
  expect(draw({ problems })).toMatch(/^It sees, but not everything is well\.\n/);
  expect(draw({ problems })).toMatch(/\n\nCRITICAL {2}intake_lag {2}results wait\n$/);
  expect([isWell(self), isWell({ ...self, blind: true }), isWell({ ...self, problems })]).toEqual([
    ...[true, false, false],
  ]);
});

test('what is not known, or not wanted, is said so', () => {
  const none = draw({ canary: { every: 0, passed_at: null, took: null, quiet: 0 }, agents: null });
  expect(none).toContain('canary        none is sent\n');
  expect(none).toContain('agents        none can connect\n');
  const one = draw({
    intake: { lag: 0, results_waiting: 1, keepalives_waiting: null },
    outbox: { deliveries: 1, age: 0 },
    dead_letters: 0,
  });
  expect(one).toContain('0 ms behind, 1 message waiting\n');
  expect(one).toContain('outbox        1 delivery, oldest 0 ms\n');
  expect(one).toContain('dead letters  0\n');
  const first = draw({ canary: { every: 15, passed_at: null, took: null, quiet: 5 } });
  expect(first).toContain('canary        none came back yet (one every 15 s)\n');
  expect(draw({ store: { connected: false } })).toContain('store         does not answer\n');
});
