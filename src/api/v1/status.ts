import { Type } from 'typebox';
import type { SearchIndex } from '../../state/search/index.ts';
import { liveSilences } from '../../state/silences.ts';
import { json } from '../answer.ts';
import type { V1Parts, V1Route } from './route.ts';

const StatusSchema = Type.Object({
  version: Type.String(),
  uptime_seconds: Type.Number({ expected: 'seconds since this process began to answer' }),
  store: Type.Object({ name: Type.String(), connected: Type.Boolean() }),
  transport: Type.Object({ name: Type.String(), connected: Type.Boolean() }),
  view: Type.Object({ behind_ms: Type.Number({ expected: 'milliseconds that reads are behind the store' }) }),
  counts: Type.Object({
    clients: Type.Integer(),
    results: Type.Integer(),
    events: Type.Integer(),
    silences: Type.Integer(),
    checks: Type.Integer(),
    handlers: Type.Integer(),
  }),
});

/** How this process is, and how much it knows. */
export function status({ clock }: V1Parts, { freshness }: SearchIndex): V1Route {
  const begunMs = clock.elapsed();
  return {
    method: 'GET',
    path: '/status',
    summary: 'How this process is, and how much it knows',
    schema: {},
    responses: { 200: { description: 'Always answered, whatever is away.', schema: StatusSchema } },
    handle: (_request, parts) => {
      const { views, settings, transport, registry } = parts;
      return json({
        version: parts.version,
        uptime_seconds: Math.round(clock.elapsed() - begunMs) / 1000,
        store: { name: registry.store.name, connected: registry.store.connected },
        transport: { name: transport.name, connected: transport.connected },
        view: { behind_ms: Math.round(freshness.behindMs()) },
        counts: {
          clients: views.clientCount(),
          results: views.resultCount(),
          events: views.eventCount(),
          silences: [...liveSilences(views, clock.now())].length,
          checks: settings.checks.size,
          handlers: settings.handlers.size,
        },
      });
    },
  };
}
