import { createHash } from 'node:crypto';
import type { Settings } from '../../../config/settings.ts';
import type { TransportStatistics } from '../../../transport/port.ts';
import { json } from '../../answer.ts';
import type { ServerInfo } from '../../parts.ts';
import type { EndpointParts, Route } from '../route.ts';

const UNKNOWN = { messages: null, consumers: null };
const hexdigests = new WeakMap<Settings, string>();

/** Versions, queues, connections and servers. */
export const info: Route = {
  path: '/info',
  methods: {
    GET: async (_request, parts) => {
      const { transport, registry, settings, version } = parts;
      const queues = await statisticsOf(parts);
      return json({
        sensu: { version, settings: { hexdigest: hexdigestOf(settings) } },
        transport: {
          name: transport.name,
          keepalives: queues?.keepalives ?? UNKNOWN,
          results: queues?.results ?? UNKNOWN,
          connected: transport.connected,
        },
        redis: { connected: registry.store.connected },
        servers: parts.serverInfo().map(serverDocument),
      });
    },
  },
};

/** A server as peers expect it: we call nobody home, and say so where they do. */
function serverDocument({ timestamp, ...server }: ServerInfo) {
  return { ...server, tessen: { enabled: false }, timestamp };
}

/** Queue depths; null when they cannot be known now. */
export async function statisticsOf({ transport }: EndpointParts): Promise<TransportStatistics | null> {
  if (!transport.connected) return null;
  try {
    return await transport.statistics();
  } catch {
    return null;
  }
}

/** Settings are never changed, only replaced, so one digest of each is enough. */
function hexdigestOf(settings: Settings): string {
  const known = hexdigests.get(settings);
  if (known !== undefined) return known;
  const digest = createHash('sha256').update(JSON.stringify(settings.document)).digest('hex');
  hexdigests.set(settings, digest);
  return digest;
}
