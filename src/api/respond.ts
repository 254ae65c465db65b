import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.ts';
import { errorText, TocsinError } from '../runtime/errors.ts';
import type { Random } from '../runtime/random.ts';
import type { Answer } from './answer.ts';

/** Writes answers with the headers that all of them carry, spelt and ordered as Sensu Core 1.9 does. */
export interface Responder {
  /** Ends the request with the answer. */
  send(request: FastifyRequest, reply: FastifyReply, answer: Answer): void;
  /** Begins an answer without an end that is known, for streams. */
  open(request: FastifyRequest, reply: FastifyReply, headers: Readonly<Record<string, string>>): void;
  /** From now on no connection is kept. */
  closing(): void;
}

/** @throws TocsinError CONFIG_INVALID when `api.cors` holds what cannot be a header */
export function createResponder(parts: { cors: Settings['api']['cors']; random: Random }): Responder {
  const cors = corsHeaders(parts.cors);
  let isClosing = false;

  const begin = (
    request: FastifyRequest,
    reply: FastifyReply,
    status: number,
    headers: Readonly<Record<string, string>>,
  ): void => {
    reply.hijack();
    reply.raw.sendDate = false;
    const all = { ...cors, ...headers, 'X-Request-ID': requestId(request, parts.random) };
    reply.raw.writeHead(status, Object.entries(all).sort(byName).flat());
  };

  return {
    send(request, reply, answer) {
      const text = answer.body === undefined ? '' : JSON.stringify(answer.body);
      const bytes = request.method === 'HEAD' ? 0 : Buffer.byteLength(text);
      begin(request, reply, answer.status, {
        ...answer.headers,
        ...(keeps(request, answer) && !isClosing ? {} : { Connection: 'close' }),
        'Content-length': String(bytes),
        ...(text === '' ? {} : { 'Content-type': 'application/json' }),
      });
      reply.raw.end(bytes === 0 ? undefined : text);
    },
    open: (request, reply, headers) => begin(request, reply, 200, headers),
    closing() {
      isClosing = true;
    },
  };
}

/** A connection is kept only for a caller who asks for it, and not after an error: the body may be unread. */
function keeps(request: FastifyRequest, answer: Answer): boolean {
  return answer.status < 400 && /\bkeep-alive\b/i.test(request.raw.headers.connection ?? '');
}

function byName([left]: [string, string], [right]: [string, string]): number {
  return left < right ? -1 : 1;
}

/** The caller's own id where it is harmless, else a new one. */
function requestId(request: FastifyRequest, random: Random): string {
  const given = request.raw.headers['x-request-id'];
  return typeof given === 'string' && /^[\x21-\x7e]{1,200}$/.test(given) ? given : random.uuid();
}

function corsHeaders(cors: Settings['api']['cors']): Record<string, string> {
  const headers = Object.entries(cors).map(([suffix, value]) => [`Access-Control-Allow-${suffix}`, value]);
  for (const [name, value] of headers as [string, string][]) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (error) {
      throw new TocsinError('CONFIG_INVALID', `api.cors cannot be sent as headers: ${errorText(error)}`);
    }
  }
  return Object.fromEntries(headers) as Record<string, string>;
}
