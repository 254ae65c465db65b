import type { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { errorText } from '../../runtime/errors.ts';
import { AGENT_PATH } from './frames.ts';

/** How an agent knows its server, and shows itself to it. PEM texts. */
export interface ServerCertificate {
  /** Who signs the server's certificate; without it whom this machine trusts. */
  ca?: string | undefined;
  /** The agent's own certificate and key. */
  cert?: string | undefined;
  key?: string | undefined;
  /**
   * SHA-256 of the server's certificate, hexadecimal, with or without colons. Given, the server is trusted by it alone:
   * neither who signed the certificate nor its names count.
   */
  fingerprint?: string | undefined;
}

/** Largest frame that is read from a server, in bytes. */
const LARGEST_FRAME = 16 * 1024 * 1024;
/** Bytes of an HTTP refusal that are read. */
const LARGEST_ANSWER = 1_000;

/** What a connection tells its owner. Exactly one of them ends it: `ended`, once. */
export interface DialEvents {
  opened(): void;
  frame(text: string): void;
  /** A ping or pong came. */
  alive(): void;
  /** @param againInMs when another try makes sense, if the server said so */
  ended(reason: string, againInMs: number | undefined): void;
}

/** A connection to a server that is being opened. */
export function dial(address: string, tls: ServerCertificate, events: DialEvents): WebSocket {
  const { ca, cert, key, fingerprint } = tls;
  const socket = new WebSocket(`${address.replace(/\/+$/, '')}${AGENT_PATH}`, {
    perMessageDeflate: false,
    maxPayload: LARGEST_FRAME,
    ca,
    cert,
    key,
    rejectUnauthorized: fingerprint === undefined,
  });
  let reason: string | undefined;
  let againInMs: number | undefined;
  socket.on('upgrade', ({ socket: stream }) => {
    if (fingerprint === undefined || isPinned(stream as TLSSocket, fingerprint)) return;
    reason = 'the server shows another certificate than the one that this agent was told to trust';
    socket.terminate();
  });
  socket.on('open', () => events.opened());
  socket.on('message', (data: Buffer, binary) => {
    if (!binary) events.frame(data.toString('utf8'));
  });
  socket.on('ping', () => events.alive());
  socket.on('pong', () => events.alive());
  socket.on('error', (error) => {
    reason ??= errorText(error);
  });
  socket.on('unexpected-response', (_request, response) => {
    againInMs = retryAfterMs(response.headers['retry-after']);
    let text = '';
    const answered = (): void => {
      reason ??= `it answered ${response.statusCode}${text === '' ? '' : `: ${text.trim()}`}`;
      socket.terminate();
    };
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text = (text + chunk).slice(0, LARGEST_ANSWER);
    });
    response.on('end', answered);
    response.on('error', answered);
  });
  socket.on('close', (code) => events.ended(reason ?? `it closed the connection (${code})`, againInMs));
  return socket;
}

function retryAfterMs(seconds: string | undefined): number | undefined {
  return seconds !== undefined && /^\d{1,4}$/.test(seconds) ? Number(seconds) * 1_000 : undefined;
}

function isPinned(socket: TLSSocket, fingerprint: string): boolean {
  const plain = (text: string): string => text.replaceAll(':', '').toLowerCase();
  const shown = socket.getPeerCertificate?.().fingerprint256;
  return shown !== undefined && plain(shown) === plain(fingerprint);
}
