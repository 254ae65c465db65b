import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.ts';
import type { Clock } from '../runtime/clock.ts';
import { errorText, TocsinError } from '../runtime/errors.ts';
import type { Random } from '../runtime/random.ts';
import type { Answer, ListAnswer } from './answer.ts';
import type { ApiLimits } from './parts.ts';
import { sliced } from './slices.ts';
import { Turns } from './turns.ts';

/** Writes answers with the headers that all of them carry, spelt and ordered as Sensu Core 1.9 does. */
export interface Responder {
  /** Ends the request with the answer. */
  send(request: FastifyRequest, reply: FastifyReply, answer: Answer): void;
  /** As `send`, for a list, in slices; resolves when it is written, or nobody reads it any more. */
  sendList(request: FastifyRequest, reply: FastifyReply, answer: ListAnswer): Promise<void>;
  /** Begins an answer without an end that is known, for streams. */
  open(request: FastifyRequest, reply: FastifyReply, headers: Readonly<Record<string, string>>): void;
  /**
   * Sends other headers to browsers from now on.
   * @throws TocsinError CONFIG_INVALID when they cannot be sent; then all stays as it was
   */
  reload(cors: Settings['api']['cors']): void;
  /** From now on no connection is kept. */
  closing(): void;
}

interface ResponderParts {
  cors: Settings['api']['cors'];
  random: Random;
  clock: Clock;
  limits: Pick<ApiLimits, 'listBytes' | 'heldBytes'>;
}

type Headers = Readonly<Record<string, string>>;

const JSON_TYPE: Headers = { 'Content-type': 'application/json' };

/** @throws TocsinError CONFIG_INVALID when `api.cors` holds what cannot be a header */
export function createResponder(parts: ResponderParts): Responder {
  const turns = new Turns();
  let cors = corsHeaders(parts.cors);
  let isClosing = false;
  const held = new Held(parts.limits);

  const begin = (request: FastifyRequest, reply: FastifyReply, status: number, headers: Headers): void => {
    reply.hijack();
    reply.raw.sendDate = false;
    const all = { ...cors, ...headers, 'X-Request-ID': requestId(request, parts.random) };
    reply.raw.writeHead(status, Object.entries(all).sort(byName).flat());
  };
  /** The headers of an answer, but for those that say how long it is. */
  const headersOf = (request: FastifyRequest, answer: Answer): Headers => ({
    ...answer.headers,
    ...(keeps(request, answer) && !isClosing ? {} : { Connection: 'close' }),
  });

  const send: Responder['send'] = (request, reply, answer) => {
    const text = request.method === 'HEAD' ? '' : bodyOf(answer);
    begin(request, reply, answer.status, {
      ...headersOf(request, answer),
      'Content-length': String(Buffer.byteLength(text)),
      ...(text === '' ? {} : { ...JSON_TYPE, ...typeOf(answer) }),
    });
    reply.raw.end(text === '' ? undefined : text);
  };

  return {
    send,
    async sendList(request, reply, answer) {
      if (request.method === 'HEAD') return send(request, reply, answer);
      const { raw } = reply;
      const pieces = sliced(answer.items, { clock: parts.clock, turns });
      const { gathered, bytes, ended } = await gather(pieces, held, raw);
      begin(request, reply, answer.status, {
        ...headersOf(request, answer),
        ...(ended ? { 'Content-length': String(bytes) } : unknownLength(request)),
        ...JSON_TYPE,
      });
      for (const piece of gathered) raw.write(piece);
      gathered.length = 0;
      if (!ended) await writeAll(pieces, raw);
      raw.end();
    },
    open: (request, reply, headers) => begin(request, reply, 200, headers),
    reload(changed) {
      cors = corsHeaders(changed);
    },
    closing() {
      isClosing = true;
    },
  };
}

function bodyOf({ body, text }: Answer): string {
  if (text) return text.content;
  return body === undefined ? '' : JSON.stringify(body);
}

function typeOf({ text }: Answer): Headers {
  return text ? { 'Content-type': text.type } : {};
}

type Raw = FastifyReply['raw'];

/** The bytes of all lists that were gathered and that their readers have not taken yet. */
class Held {
  readonly #limits: ResponderParts['limits'];
  /** What ends with a connection: an answer that stands behind another one there is not told of its end. */
  readonly #endings = new WeakMap<Socket, Set<() => void>>();
  #bytes = 0;

  constructor(limits: ResponderParts['limits']) {
    this.#limits = limits;
  }

  /** Counts bytes of one list until its answer has ended, or its reader has gone. Once it is false, no more fit. */
  count(raw: Raw): (bytes: number) => boolean {
    const { socket } = raw.req;
    let own = 0;
    const endings = this.#endingsOf(socket);
    const end = (): void => {
      if (endings.delete(end)) this.#bytes -= own;
    };
    endings.add(end);
    raw.once('close', end);
    return (bytes) => {
      if (socket.destroyed) end();
      if (!endings.has(end)) return false;
      own += bytes;
      this.#bytes += bytes;
      return own <= this.#limits.listBytes && this.#bytes <= this.#limits.heldBytes;
    };
  }

  #endingsOf(socket: Socket): Set<() => void> {
    const known = this.#endings.get(socket);
    if (known) return known;
    const endings = new Set<() => void>();
    socket.once('close', () => {
      for (const end of endings) end();
    });
    this.#endings.set(socket, endings);
    return endings;
  }
}

/** Takes pieces until they end, or are more together than there is room for, or nobody waits for them any more. */
async function gather(
  pieces: AsyncIterator<Buffer, void>,
  held: Held,
  raw: Raw,
): Promise<{ gathered: Buffer[]; bytes: number; ended: boolean }> {
  const gathered: Buffer[] = [];
  const fits = held.count(raw);
  let bytes = 0;
  while (fits(gathered.at(-1)?.length ?? 0)) {
    const next = await pieces.next();
    if (next.done) return { gathered, bytes, ended: true };
    gathered.push(next.value);
    bytes += next.value.length;
  }
  return { gathered, bytes, ended: false };
}

/** Writes what is left as fast as the reader takes it. */
async function writeAll(pieces: AsyncIterable<Buffer>, raw: Raw): Promise<void> {
  for await (const piece of pieces) {
    if (raw.destroyed) return;
    if (!raw.write(piece)) await drained(raw);
  }
}

function drained(raw: Raw): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      raw.off('drain', end);
      raw.off('close', end);
      resolve();
    };
    raw.on('drain', end);
    raw.on('close', end);
    if (raw.destroyed) end();
  });
}

/** A list too large to be held is sent as it is made; HTTP/1.0 knows its end by the end of the connection. */
function unknownLength(request: FastifyRequest): Headers {
  return request.raw.httpVersion === '1.0' ? { Connection: 'close' } : { 'Transfer-Encoding': 'chunked' };
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
