import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { answerHttp, type EndpointParts, failed, type HttpAnswer, told } from './endpoints.ts';
import { strangerReason } from './gate.ts';
import { CONNECTION_MS, LARGEST_MESSAGE_BYTES } from './limits.ts';
import { type Listener, listen } from './listener.ts';
import type { Place } from './places.ts';
import type { Reports } from './reports.ts';

const VIA = 'http';

export type HttpParts = EndpointParts & { log: Log };

/** Answers HTTP, one request a connection. Rejects with the system's error when the place is taken. */
export function listenHttp(place: Place, parts: HttpParts): Promise<Listener> {
  const { log, reports } = parts;
  const server = createTimedServer(reports, (request, response) => {
    answerRequest(request, place.bind, parts).then(
      (answer) => answer && send(response, answer),
      (error: unknown) => {
        log.error('a request to the HTTP socket failed', { error: errorText(error) });
        send(response, failed());
      },
    );
  });
  return listen(server, place, (reason) => reports.refused(VIA, reason));
}

/** A server for requests that come within their time. */
function createTimedServer(
  reports: Reports,
  take: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = createServer(
    {
      headersTimeout: CONNECTION_MS,
      requestTimeout: CONNECTION_MS,
      connectionsCheckingInterval: 5_000,
      maxHeaderSize: 16_384,
      requireHostHeader: false,
      noDelay: true,
    },
    take,
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    endMalformed(error, socket as Socket, reports),
  );
  return server;
}

/** Answers what is no HTTP request, or not within its time, and cuts the connection. */
function endMalformed({ code }: NodeJS.ErrnoException, socket: Socket, reports: Reports): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const late = code === 'ERR_HTTP_REQUEST_TIMEOUT';
  reports.invalid(VIA, late ? 'it took too long' : 'it is no HTTP request');
  const status = late ? '408 Request Timeout' : '400 Bad Request';
  socket.write(`HTTP/1.1 ${status}\r\nContent-length: 0\r\n\r\n`);
  socket.destroySoon();
}

/** The answer to a request; undefined when its caller went away before it was complete. */
async function answerRequest(
  request: IncomingMessage,
  bind: string,
  parts: HttpParts,
): Promise<HttpAnswer | undefined> {
  const { method = '', url = '', headers } = request;
  const body = await bodyOf(request);
  if (body === undefined) return undefined;
  const { host, origin } = headers;
  const reason = strangerReason({ method, host, origin }, bind);
  if (reason !== undefined) {
    parts.reports.refused(VIA, reason);
    return told(403, reason, 'Forbidden');
  }
  if (body === 'too large') {
    parts.reports.invalid(VIA, 'it is too large');
    return told(413, 'Payload Too Large');
  }
  const { 'content-type': contentType, authorization } = headers;
  return answerHttp({ method, url, contentType, authorization, body }, parts);
}

/** The whole body; what is too large is read to its end and dropped, or the caller would not get to read the answer. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | 'too large' | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      length += (chunk as Buffer).length;
      if (length <= LARGEST_MESSAGE_BYTES) chunks.push(chunk as Buffer);
      else chunks.length = 0;
    }
  } catch {
    return undefined;
  }
  return length > LARGEST_MESSAGE_BYTES ? 'too large' : Buffer.concat(chunks);
}

/** Writes an answer with the headers of Sensu Core 1.9, no others, and closes the connection. */
function send(response: ServerResponse, { status, reason, body, headers }: HttpAnswer): void {
  const text = JSON.stringify(body);
  response.sendDate = false;
  response.shouldKeepAlive = false;
  response.removeHeader('connection');
  response.writeHead(
    status,
    reason,
    Object.entries({
      'Content-length': String(Buffer.byteLength(text)),
      'Content-type': 'application/json',
      ...headers,
    }).flat(),
  );
  response.end(text);
}
