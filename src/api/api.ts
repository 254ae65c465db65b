import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { openAccess } from '../access/index.ts';
import type { Settings } from '../config/settings.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import { errorText, TocsinError } from '../runtime/errors.ts';
import { Exchange } from './exchange.ts';
import { createHttp } from './http.ts';
import { registerMetrics } from './metrics.ts';
import { type ApiParts, LIMITS, type PortTls } from './parts.ts';
import { Texts } from './texts.ts';
import { renew } from './tls.ts';
import { openV1, registerV1 } from './v1/index.ts';

/** The API, ready to listen. */
export interface Api {
  /**
   * Listens where the settings say; port 0 takes any that is free.
   * @throws TocsinError PORT_IN_USE, or CONFIG_INVALID when the address cannot be used at all
   */
  listen(): Promise<{ address: string; port: number }>;
  /**
   * From now on answers by these settings: checks, credentials, headers for browsers. Where it listens stays.
   * @throws TocsinError CONFIG_INVALID when `api.cors` cannot be sent; then all stays as it was
   */
  reload(settings: Settings): void;
  /** Shows another certificate to whoever connects from now on; a port without TLS stays without. Throws when it cannot be used. */
  renew(tls: PortTls): void;
  /** Ends the streams, lets open requests end for a moment, and lets go of everything. May be called twice. */
  close(): Promise<void>;
  /** Answers a request without a socket, for tests. */
  inject: FastifyInstance['inject'];
  /** What listens, for tests that look at its connections. */
  server: FastifyInstance['server'];
}

/** @throws TocsinError CONFIG_INVALID when `api.cors` cannot be sent */
export async function createApi(given: ApiParts): Promise<Api> {
  let current = given.settings;
  const access = given.access ?? openAccess({ ...given, api: () => current.api });
  const parts = {
    ...given,
    access,
    limits: { ...LIMITS, ...given.limits },
    texts: new Texts(),
    get settings() {
      return current;
    },
  };
  const exchange = new Exchange(parts);
  const app = createHttp(exchange, parts);
  const v1 = openV1(parts);
  registerMetrics(app, given.metrics, exchange.responder);
  registerV1(app, parts, v1, exchange);
  await app.ready();
  let closed: Promise<void> | undefined;
  return {
    server: app.server,
    inject: app.inject.bind(app) as FastifyInstance['inject'],
    listen: () => listen(app, parts.settings.api),
    reload(settings) {
      exchange.reload(settings.api);
      current = settings;
    },
    renew: (tls) => renew(app.server, tls),
    close: () => {
      exchange.responder.closing();
      closed ??= Promise.all([v1.close(), closeWithin(app, parts.clock, parts.limits.closeMs)]).then(() =>
        access === given.access ? undefined : access.close(),
      );
      return closed;
    },
  };
}

/** Takes nothing new and waits for what is under way, but not for ever. */
async function closeWithin(app: FastifyInstance, clock: Clock, boundMs: number): Promise<void> {
  const ended = new AbortController();
  const patience = sleep(clock, boundMs, ended.signal).then(() => app.server.closeAllConnections());
  await app.close();
  ended.abort();
  await patience;
}

/** Connections that wait to be taken: a whole fleet comes back at once. The system may allow fewer. */
const BACKLOG = 4_096;

async function listen(
  app: FastifyInstance,
  { bind, port }: ApiParts['settings']['api'],
): Promise<{ address: string; port: number }> {
  try {
    await app.listen({ host: bind, port, backlog: BACKLOG });
  } catch (error) {
    throw listenError(error, bind, port);
  }
  const { address, port: taken } = app.server.address() as AddressInfo;
  return { address, port: taken };
}

function listenError(cause: unknown, bind: string, port: number): TocsinError {
  if ((cause as { code?: unknown }).code === 'EADDRINUSE') {
    const taken = `Port ${port} of ${bind} is taken by another program.`;
    return new TocsinError('PORT_IN_USE', `${taken} End that one, or choose another port with --port.`, {
      cause,
    });
  }
  const message = `The API cannot listen on ${bind}, port ${port}: ${errorText(cause)}.`;
  return new TocsinError('CONFIG_INVALID', `${message} Change api.bind or api.port.`, { cause });
}
