import type { CheckContext, Event, HandlerContext, PluginContext } from '../plugin.ts';
import { silentLog } from '../runtime/log.ts';
import { systemClock } from '../runtime/system/clock.ts';
import { seededRandom } from './random.ts';

/** What every plugin is handed: the machine's clock, repeatable chance, a log that keeps nothing, a signal at rest. */
export function pluginContext(overrides: Partial<PluginContext> = {}): PluginContext {
  return {
    clock: systemClock,
    random: seededRandom(),
    log: silentLog,
    signal: new AbortController().signal,
    ...overrides,
  };
}

/** The context of a check that runs for the client `web-1` under the name `probe`; nobody has called in. */
export function checkContext(overrides: Partial<CheckContext> = {}): CheckContext {
  return {
    ...pluginContext(),
    client: { name: 'web-1' },
    check: { name: 'probe' },
    calledIn: () => ({ last: undefined, sinceMs: 0 }),
    ...overrides,
  };
}

/** The context of a handler that delivers `sampleEvent()` as JSON. */
export function handlerContext(overrides: Partial<HandlerContext> = {}): HandlerContext {
  return { ...pluginContext(), data: JSON.stringify(sampleEvent()), deliveryId: 'delivery-1', ...overrides };
}

/** The changes that a test makes to a sample event; `client` and `check` are laid over the sample's. */
export type EventOverrides = Partial<Omit<Event, 'client' | 'check'>> & {
  client?: Partial<Event['client']>;
  check?: Partial<Event['check']>;
};

/** A critical event of the check `disk` at the client `web-1`, for the second time in a row. */
export function sampleEvent({ client, check, ...overrides }: EventOverrides = {}): Event {
  return {
    id: '4b1d6c0e-0a52-4b0e-9f0e-2f0c8f2b7a11',
    occurrences: 2,
    occurrences_watermark: 2,
    last_ok: 1_795_245_431,
    action: 'create',
    timestamp: 1_795_245_551,
    last_state_change: 1_795_245_491,
    silenced: false,
    silenced_by: [],
    ...overrides,
    client: {
      name: 'web-1',
      address: '10.0.0.9',
      subscriptions: ['web', 'client:web-1'],
      version: '1.9.0',
      timestamp: 1_795_245_548,
      ...client,
    },
    check: {
      name: 'disk',
      command: 'check-disk -w 80 -c 90',
      subscribers: ['web'],
      interval: 60,
      handlers: ['mail'],
      issued: 1_795_245_551,
      executed: 1_795_245_551,
      duration: 0.231,
      output: 'DISK CRITICAL: /var is 93 % full\n',
      status: 2,
      history: ['0', '0', '2', '2'],
      total_state_change: 0,
      ...check,
    },
  };
}
