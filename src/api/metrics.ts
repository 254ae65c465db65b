import type { FastifyInstance } from 'fastify';
import { METRICS_TYPE, type Metrics } from '../runtime/metrics.ts';
import type { Answer } from './answer.ts';
import type { Responder } from './respond.ts';

/** Where Prometheus asks, by its own custom. */
export const METRICS_PATH = '/metrics';

/** What this process counts and measures, as text. */
export function metricsAnswer(metrics: Metrics): Answer {
  return {
    status: 200,
    headers: { 'Cache-Control': 'no-store' },
    text: { type: METRICS_TYPE, content: metrics.text() },
  };
}

/** Adds the path to an instance, where there is something to tell; reading it takes what any reading takes. */
export function registerMetrics(
  app: FastifyInstance,
  metrics: Metrics | undefined,
  responder: Responder,
): void {
  if (!metrics) return;
  app.route({
    method: ['GET', 'HEAD'],
    url: METRICS_PATH,
    handler: (request, reply) => responder.send(request, reply, metricsAnswer(metrics)),
  });
}
