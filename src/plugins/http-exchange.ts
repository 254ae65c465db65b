import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { unescape as decodePercent } from 'node:querystring';
import type { ConnectionOptions } from 'node:tls';
import { type Clock, errorText } from '../plugin.ts';
import { failureOf, openSocket, type Peer, type Phases, peerName } from './connect.ts';
import { Failure } from './outcome.ts';
import type { Limits } from './time-limit.ts';

export interface HttpQuestion {
  url: URL;
  method: string;
  /** Names in lower case; `host` unless the URL's is meant. */
  headers: Readonly<Record<string, string>>;
  body?: string | undefined;
  tls: ConnectionOptions;
  /** Most bytes of the answer's body that are read. */
  limitBytes: number;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** The body was longer than `limitBytes` and what came behind was not read. */
  cut: boolean;
  phases: Phases;
  /** From the end of connecting to the head of the answer. */
  firstByteMs: number;
}

/** Reads an option as an http or https URL. Throws a `Failure` (ours) that does not repeat it: it may hold a secret. */
export function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new Failure('ours', 'the option "url" is not a URL that begins with http:// or https://');
}

/** The host of a URL without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** A URL's user and password, decoded; never throws. */
export function credentialsOf(url: URL): { user: string; password: string } {
  return { user: decodePercent(url.username), password: decodePercent(url.password) };
}

/** The header that carries user and password (RFC 7617); none when the user is empty. */
export function authorizationHeader(user: string, password: string): Record<string, string> {
  if (user === '') return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

/** Headers with their names in lower case, the later ones over the earlier. */
export function headersOf(...sets: Readonly<Record<string, string>>[]): Record<string, string> {
  return Object.fromEntries(
    sets.flatMap((set) => Object.entries(set).map(([name, value]) => [name.toLowerCase(), value])),
  );
}

/** Asks once, over a connection of its own that is gone afterwards. Throws a `Failure`. */
export async function exchange(question: HttpQuestion, limits: Limits): Promise<HttpAnswer> {
  const { url } = question;
  const secure = url.protocol === 'https:';
  const peer: Peer = {
    host: hostOf(url),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    tls: secure ? { ...question.tls, ALPNProtocols: ['http/1.1'] } : undefined,
  };
  const { socket, phases } = await openSocket(peer, limits);
  try {
    return { ...(await ask(socket, question, limits.clock, peerName(peer))), phases };
  } finally {
    socket.destroy();
  }
}

type Reply = Omit<HttpAnswer, 'phases'>;

function ask(socket: Socket, question: HttpQuestion, clock: Clock, where: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(failureOf(error, where));
    const closed = (): void => fail(new Failure('target', `${where} closed the connection unanswered`));
    const sentMs = clock.elapsed();
    // It may have ended between two promises, and then no event would come any more.
    if (socket.destroyed) return socket.errored ? fail(socket.errored) : closed();
    socket.once('error', fail);
    const sent = send(socket, question);
    sent.on('error', fail);
    sent.once('close', closed);
    sent.once('response', (response) => {
      sent.off('close', closed);
      const firstByteMs = clock.elapsed() - sentMs;
      const { statusCode: status = 0, headers } = response;
      collect(response, question.limitBytes, (body, cut) =>
        resolve({ status, headers, body, cut, firstByteMs }),
      );
      response.once('error', () => {});
      response.once('close', () => reject(new Failure('target', `${where} broke off in its answer`)));
    });
    sent.end(question.body);
  });
}

function send(socket: Socket, { url, method, headers }: HttpQuestion): ClientRequest {
  const ownHeaders = { host: url.host, 'user-agent': 'Tocsin', accept: '*/*' };
  try {
    return request({
      createConnection: () => socket,
      method,
      path: `${url.pathname}${url.search}`,
      headers: headersOf(ownHeaders, headers),
    });
  } catch (error) {
    throw new Failure('ours', `the request can not be written: ${errorText(error)}`);
  }
}

/** Calls `done` once: with the whole body, or with its first `limitBytes` bytes and the rest left unread. */
function collect(
  response: IncomingMessage,
  limitBytes: number,
  done: (body: Buffer, cut: boolean) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk.subarray(0, limitBytes - bytes));
    bytes += chunk.length;
    if (bytes <= limitBytes) return;
    response.pause();
    response.removeAllListeners('data');
    done(Buffer.concat(chunks), true);
  });
  response.once('end', () => {
    if (response.complete) done(Buffer.concat(chunks), false);
  });
}
