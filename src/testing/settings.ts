import type { Settings } from '../config/settings.ts';
import type { Check } from '../model/check.ts';

/** The parts of settings that a test changes; checks are a list here. */
export type SettingsOverrides = Omit<Partial<Settings>, 'checks'> & { checks?: readonly Check[] };

/** Settings of the client `i-42` with nothing else configured. */
export function testSettings({ checks = [], ...overrides }: SettingsOverrides = {}): Settings {
  return {
    client: { name: 'i-42', address: '10.0.0.9', subscriptions: ['web', 'roundrobin:poll', 'client:i-42'] },
    checks: new Map(checks.map((check) => [check.name, check])),
    skippedChecks: new Map(),
    handlers: new Map(),
    filters: new Map(),
    mutators: new Map(),
    extensions: new Map(),
    spawn: { limit: 12, defaultTimeoutMs: 600_000, outputLimitBytes: 1_048_576 },
    keepalives: { check: { thresholds: { warning: 120, critical: 180 } } },
    api: { bind: '127.0.0.1', port: 0, user: undefined, password: undefined, cors: {} },
    store: {
      sync: 'process',
      logs: {
        transitions: { entries: 1_000, ageMs: 7_776_000_000 },
        deliveries: { entries: 1_000, ageMs: 7_776_000_000 },
        days: { entries: 400, ageMs: 34_560_000_000 },
        removals: { entries: 1_000, ageMs: 7_776_000_000 },
        audit: { entries: 1_000, ageMs: 7_776_000_000 },
      },
    },
    retention: { resultsMs: 0 },
    server: { name: 'test' },
    tls: undefined,
    agent: {
      servers: [],
      token: undefined,
      authority: undefined,
      certificate: undefined,
      key: undefined,
      spoolBytes: 104_857_600,
    },
    rabbitmq: undefined,
    limits: { resultsPerSecond: 1_000_000, bytesPerSecond: 1e9, messageBytes: 10_485_760, checks: 1_000_000 },
    blindness: { canaryMs: 0, heartbeatUrl: undefined },
    document: {},
    files: [],
    ...overrides,
  };
}
