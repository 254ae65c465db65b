import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import type { Counters } from '../runtime/counters.ts';
import type { Exchange } from './exchange.ts';
import type { ApiLimits } from './parts.ts';
import { ROUTES } from './sensu/index.ts';

const USUAL_BODY_BYTES = 1024 * 1024;
const MOST_CONNECTIONS = 2_000;

/** Milliseconds without a byte in either direction after which a connection is cut, and without a request. */
const CONNECTION_MS = 60_000;
const KEPT_MS = 5_000;

/** The HTTP server with its bounds; every request goes to the exchange, and bodies come as bytes. */
export function createHttp(exchange: Exchange, counters: Counters, limits: ApiLimits): FastifyInstance {
  /** The answer that was begun last on a connection. */
  const answers = new WeakMap<Socket, ServerResponse>();
  const app = fastify({
    requestTimeout: limits.requestMs,
    connectionTimeout: CONNECTION_MS,
    keepAliveTimeout: KEPT_MS,
    http: {
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: Math.min(2_000, limits.headersMs),
      maxHeaderSize: 16_384,
    },
    bodyLimit: USUAL_BODY_BYTES,
    logger: false,
    exposeHeadRoutes: false,
    // A path that cannot be decoded is looked up like any other.
    frameworkErrors: (_error, request, reply) => {
      if (exchange.enter(request, reply)) exchange.dispatch(request, reply).catch(() => reply.raw.destroy());
    },
    clientErrorHandler: (error, socket) => {
      const answer = answers.get(socket);
      // What follows a complete request is of no concern to its answer.
      if (answer?.req.complete && !answer.writableFinished && error.code.startsWith('HPE_')) return;
      if (socket.writable && error.code !== 'ECONNRESET') socket.end(malformed(error.code));
      else socket.destroy();
    },
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  app.server.on('drop', () => counters.increment('api_dropped'));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request, reply) => {
    const { socket, headers } = request.raw;
    answers.set(socket, reply.raw);
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

const MALFORMED: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** The answer to what is no HTTP request. */
function malformed(code: string): string {
  const status = MALFORMED[code] ?? '400 Bad Request';
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-length: 0\r\n\r\n`;
}
