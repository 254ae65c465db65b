import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Counters } from '../runtime/counters.ts';
import { boundConnections } from './connections.ts';
import type { Exchange } from './exchange.ts';
import type { ApiLimits, PortTls } from './parts.ts';
import { ROUTES } from './sensu/index.ts';
import { tlsOptions } from './tls.ts';

const USUAL_BODY_BYTES = 1024 * 1024;

/** Milliseconds without a byte in either direction after which a connection is cut, and without a request. */
const CONNECTION_MS = 60_000;
const KEPT_MS = 5_000;

interface HttpParts {
  counters: Counters;
  limits: ApiLimits;
  tls?: PortTls | undefined;
  metricsOnly?: boolean | undefined;
}

/** The HTTP server with its bounds; every request goes to the exchange, and bodies come as bytes. */
export function createHttp(
  exchange: Exchange,
  { counters, limits, tls, metricsOnly = false }: HttpParts,
): FastifyInstance {
  /** The answer that was begun last on a connection. */
  const answers = new WeakMap<Socket, ServerResponse>();
  const node = {
    headersTimeout: limits.headersMs,
    connectionsCheckingInterval: Math.min(2_000, limits.headersMs),
    maxHeaderSize: 16_384,
  };
  const app = fastify({
    requestTimeout: limits.requestMs,
    connectionTimeout: CONNECTION_MS,
    keepAliveTimeout: KEPT_MS,
    http: node,
    // The framework takes either; what it makes of them differs in a type parameter alone.
    ...((tls
      ? { https: { ...node, handshakeTimeout: limits.headersMs, ...tlsOptions(tls) } }
      : {}) as object),
    bodyLimit: USUAL_BODY_BYTES,
    logger: false,
    exposeHeadRoutes: false,
    // A path that cannot be decoded is looked up like any other.
    frameworkErrors: (_error, request, reply) => {
      if (metricsOnly) turnAway(request.raw.url ?? '', reply);
      else enterAndDispatch(exchange, request, reply).catch(() => reply.raw.destroy());
    },
    clientErrorHandler: (error, socket) => {
      const answer = answers.get(socket);
      // What follows a complete request is of no concern to its answer.
      if (answer?.req.complete && !answer.writableFinished && error.code.startsWith('HPE_')) return;
      if (socket.writable && error.code !== 'ECONNRESET') socket.end(malformed(error.code));
      else socket.destroy();
    },
  });
  boundConnections(app.server, () => counters.increment('api_dropped'));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  if (metricsOnly) app.addHook('onRequest', async ({ raw }, reply) => turnAway(raw.url ?? '', reply));
  app.addHook('onRequest', async (request, reply) => {
    const { socket, headers } = request.raw;
    answers.set(socket, reply.raw);
    // Bodies are JSON whatever they claim to be.
    delete headers['content-type'];
    const entered = exchange.enter(request, reply);
    if (entered === true) return undefined;
    return (await entered) ? undefined : reply;
  });
  app.setErrorHandler((error, request, reply) => exchange.fail(error, request, reply));
  for (const { path, bodyLimitBytes } of ROUTES) {
    if (bodyLimitBytes === undefined) continue;
    app.all(path, { bodyLimit: bodyLimitBytes }, (request, reply) => exchange.dispatch(request, reply));
  }
  app.setNotFoundHandler((request, reply) => exchange.dispatch(request, reply));
  return app;
}

async function enterAndDispatch(
  exchange: Exchange,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (await exchange.enter(request, reply)) await exchange.dispatch(request, reply);
}

/** Where a port is for agents, nothing else is answered but `/metrics`. */
function turnAway(url: string, reply: FastifyReply): FastifyReply | undefined {
  const path = url.split('?')[0];
  if (path === '/metrics') return undefined;
  const status = path === '/agent' ? 426 : 404;
  const error =
    status === 426 ? 'Agents connect here by WebSocket.' : 'This port is for agents: it has no API.';
  if (status === 426) reply.header('Upgrade', 'websocket');
  return reply.code(status).header('Content-Type', 'application/json').send(JSON.stringify({ error }));
}

const MALFORMED: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** The answer to what is no HTTP request. */
function malformed(code: string): string {
  const status = MALFORMED[code] ?? '400 Bad Request';
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-length: 0\r\n\r\n`;
}
