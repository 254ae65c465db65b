import type { Settings } from '../../config/index.ts';
import { sameValue } from '../../model/attributes.ts';

/** Attributes that only a start acts on, or acts on wholly → what they are. */
const AT_START: Readonly<Record<string, (settings: Settings) => unknown>> = {
  'client.name': ({ client }) => client.name,
  'api.bind': ({ api }) => api.bind,
  'api.port': ({ api }) => api.port,
  'sensu.spawn.limit': ({ spawn }) => spawn.limit,
  'tocsin.default_timeout': ({ spawn }) => spawn.defaultTimeoutMs,
  'tocsin.output_limit': ({ spawn }) => spawn.outputLimitBytes,
  'tocsin.store': ({ store }) => store,
  'tocsin.tls': ({ tls }) => tls === undefined,
  'tocsin.tls.client_certificates': ({ tls }) => tls?.clientCertificates,
  // A token counts from the next connection on.
  'tocsin.agent': ({ agent }) => ({ ...agent, token: undefined }),
  // Callers are asked for the new ones at once, but commands have inherited an address with the old ones.
  'SENSU_API_URL of commands': ({ api }) => [api.user, api.password],
};

/**
 * New settings as far as a running process can take them up: what only a start acts on stays as it was, and is named.
 */
export function withoutRestart(
  before: Settings,
  wanted: Settings,
): { settings: Settings; needRestart: string[] } {
  const needRestart = Object.entries(AT_START)
    .filter(([, read]) => !sameValue(read(before), read(wanted)))
    .map(([name]) => name);
  const { bind, port } = before.api;
  return {
    settings: {
      ...wanted,
      client: withName(before.client.name, wanted.client),
      api: { ...wanted.api, bind, port },
      spawn: before.spawn,
      store: before.store,
      tls: withFiles(before.tls, wanted.tls),
      agent: { ...before.agent, token: wanted.agent.token },
    },
    needRestart,
  };
}

/** Another certificate can be shown while it runs; whether TLS is spoken, and with whom, stays. */
function withFiles(before: Settings['tls'], wanted: Settings['tls']): Settings['tls'] {
  if (!before || !wanted) return before;
  return { ...wanted, clientCertificates: before.clientCertificates };
}

function withName(name: string, client: Settings['client']): Settings['client'] {
  if (client.name === name) return client;
  const own = `client:${client.name}`;
  const subscriptions = client.subscriptions.map((one) => (one === own ? `client:${name}` : one));
  return { ...client, name, subscriptions };
}
