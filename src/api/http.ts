import type { Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import type { Counters } from '../runtime/counters.ts';
import type { Exchange } from './exchange.ts';
import { ROUTES } from './sensu/index.ts';

const USUAL_BODY_BYTES = 1024 * 1024;
const MOST_CONNECTIONS = 2_000;

/** What a caller gets of our time before it is cut off: for the headers, the whole request, and between two bytes. */
const TIMES = {
  requestTimeout: 30_000,
  connectionTimeout: 60_000,
  keepAliveTimeout: 5_000,
  http: { headersTimeout: 10_000, connectionsCheckingInterval: 2_000, maxHeaderSize: 16_384 },
} as const;

const MALFORMED = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-length: 0\r\n\r\n';

/** The HTTP server with its bounds; every request goes to the exchange, and bodies come as bytes. */
export function createHttp(exchange: Exchange, counters: Counters): FastifyInstance {
  const busy = new WeakSet<Socket>();
  const app = fastify({
    ...TIMES,
    bodyLimit: USUAL_BODY_BYTES,
    logger: false,
    exposeHeadRoutes: false,
    // A path that cannot be decoded is looked up like any other.
    frameworkErrors: (_error, request, reply) => {
      if (exchange.enter(request, reply)) exchange.dispatch(request, reply).catch(() => reply.raw.destroy());
    },
    clientErrorHandler: (error, socket) => {
      // What follows a complete request is of no concern to its answer.
      if (busy.has(socket)) return;
      if (socket.writable && error.code !== 'ECONNRESET') socket.end(MALFORMED);
      else socket.destroy();
    },
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  app.server.on('drop', () => counters.increment('api_dropped'));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request, reply) => {
    const { socket, headers } = request.raw;
    busy.add(socket);
    reply.raw.once('close', () => busy.delete(socket));
    // Bodies are JSON whatever they claim to be.
    delete headers['content-type'];
    return exchange.enter(request, reply) ? undefined : reply;
  });
  app.setErrorHandler((error, request, reply) => exchange.fail(error, request, reply));
  for (const { path, bodyLimitBytes } of ROUTES) {
    if (bodyLimitBytes === undefined) continue;
    app.all(path, { bodyLimit: bodyLimitBytes }, (request, reply) => exchange.dispatch(request, reply));
  }
  app.setNotFoundHandler((request, reply) => exchange.dispatch(request, reply));
  return app;
}
