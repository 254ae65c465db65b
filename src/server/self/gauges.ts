import type { Metrics } from '../../runtime/metrics.ts';
import type { Registry } from '../../state/registry.ts';
import type { Views } from '../../state/views.ts';
import type { Transport, TransportStatistics } from '../../transport/port.ts';
import type { Canary } from './canary.ts';
import type { Skews } from './skews.ts';

export interface GaugeParts {
  canary: Pick<Canary, 'quietMs' | 'tookMs'>;
  blind: () => boolean;
  skews: Pick<Skews, 'largest' | 'skewed'>;
  queues: () => TransportStatistics | undefined;
  lagMs: () => number;
  outboxAgeMs: () => number;
  agents?: (() => number) | undefined;
  views: Views;
  registry: Registry;
  transport: Transport;
}

/** Says how the gauges of a server are read. */
export function offerGauges(metrics: Metrics, parts: GaugeParts): void {
  const { canary, skews, queues, views, registry, transport, agents } = parts;
  metrics.gauge('blind', () => Number(parts.blind()));
  metrics.gauge('canary_age_seconds', () => canary.quietMs / 1000);
  metrics.gauge('canary_duration_seconds', () =>
    canary.tookMs === undefined ? undefined : canary.tookMs / 1000,
  );
  metrics.gauge('intake_lag_seconds', () => parts.lagMs() / 1000);
  metrics.gauge('results_waiting', () => queues()?.results.messages);
  metrics.gauge('keepalives_waiting', () => queues()?.keepalives.messages);
  metrics.gauge('outbox_deliveries', () => views.deliveryCount());
  metrics.gauge('outbox_age_seconds', () => parts.outboxAgeMs() / 1000);
  metrics.gauge('dead_letters', () => views.deadLetterCount());
  metrics.gauge('agents_connected', () => agents?.());
  metrics.gauge('clock_skew_seconds', () => skews.largest);
  metrics.gauge('clients_skewed', () => skews.skewed.length);
  metrics.gauge('store_connected', () => Number(registry.store.connected));
  metrics.gauge('transport_connected', () => Number(transport.connected));
  metrics.gauge('clients', () => views.clientCount());
  metrics.gauge('results', () => views.resultCount());
  metrics.gauge('events_open', () => views.eventCount());
}
