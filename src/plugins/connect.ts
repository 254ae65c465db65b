import { connect as connectPlain, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type Fault, type PerfdataItem, Type } from '../plugin.ts';
import { Failure, inSeconds } from './outcome.ts';
import { endedBy, type Limits } from './time-limit.ts';

/** The option `host`. */
export const hostOption = {
  host: Type.String({
    minLength: 1,
    maxLength: 255,
    expected: 'a host name or address',
    description: 'Name or address to connect to.',
  }),
};

/** The member `port` of a plugin's options. */
export const portSchema = (description: string, annotations: { default?: number } = {}) =>
  Type.Integer({
    minimum: 1,
    maximum: 65_535,
    expected: 'a port number from 1 to 65535',
    description,
    ...annotations,
  });

export interface Peer {
  host: string;
  port: number;
  /** TLS from the first byte; plain without. */
  tls?: ConnectionOptions | undefined;
}

/** Milliseconds that each phase took; one that did not occur is missing. */
export interface Phases {
  dnsMs?: number;
  connectMs?: number;
  tlsMs?: number;
}

export interface Connection {
  /** Errors on it never go unheard; it is destroyed with a `Failure` when the signal aborts. */
  socket: Socket;
  phases: Phases;
}

/** `host:port`, as lines for people name a peer. */
export function peerName({ host, port }: Pick<Peer, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Phases as perfdata. */
export function phaseItems({ dnsMs, connectMs, tlsMs }: Phases): PerfdataItem[] {
  const all = Object.entries({ dns: dnsMs, connect: connectMs, tls: tlsMs });
  return all.flatMap(([label, ms]) => (ms === undefined ? [] : [{ label, value: inSeconds(ms), unit: 's' }]));
}

/** Opens a connection. The caller destroys the socket. Throws a `Failure` that says whose fault it was. */
export function openSocket(peer: Peer, limits: Limits): Promise<Connection> {
  const { signal } = limits;
  const where = peerName(peer);
  if (signal.aborted) return Promise.reject(endedBy(signal, `before connecting to ${where}`, 'ours'));
  return new Promise((resolve, reject) => {
    const { host, port } = peer;
    const socket = peer.tls ? connectTls({ ...peer.tls, host, port }) : connectPlain({ host, port });
    const progress = follow(socket, peer, limits);
    socket.on('error', (error) => reject(failureOf(error, where)));
    socket.once(peer.tls ? 'secureConnect' : 'connect', () => {
      progress.doing = `waiting for ${where} to answer`;
      resolve({ socket, phases: progress.phases });
    });
  });
}

/**
 * Something that is said over an open connection: `talk` settles it, or an error or the end of the connection does.
 * `closed` tells what its end means. Rejects with a `Failure`.
 */
export function converse<T>(
  socket: Socket,
  where: string,
  talk: (resolve: (value: T) => void, reject: (failure: Failure) => void) => void,
  closed = (): Failure => new Failure('target', `${where} closed the connection`),
): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(failureOf(error, where));
    // It may have ended between two promises, and then no event would come any more.
    if (socket.destroyed) return fail(socket.errored ?? closed());
    socket.once('error', fail);
    socket.once('close', () => fail(closed()));
    talk(resolve, reject);
  });
}

interface Progress {
  doing: string;
  fault: Fault;
  phases: Phases;
}

/** Measures the phases of a connection and destroys it when the signal aborts, with a word on what it was doing. */
function follow(socket: Socket, peer: Peer, { clock, signal }: Limits): Progress {
  const where = peerName(peer);
  const progress: Progress = { doing: `connecting to ${where}`, fault: 'network', phases: {} };
  let sinceMs = clock.elapsed();
  const took = (phase: keyof Phases) => (): void => {
    const nowMs = clock.elapsed();
    progress.phases[phase] = nowMs - sinceMs;
    sinceMs = nowMs;
  };
  socket.once('lookup', took('dnsMs'));
  socket.once('connect', () => {
    took('connectMs')();
    progress.fault = 'target';
    progress.doing = `in the TLS handshake with ${where}`;
  });
  socket.once('secureConnect', took('tlsMs'));
  const abort = (): void => void socket.destroy(endedBy(signal, progress.doing, progress.fault));
  signal.addEventListener('abort', abort, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', abort));
  return progress;
}

type SystemError = Error & { code?: unknown; reason?: unknown };

const BY_CODE: Readonly<Record<string, { fault: Fault; tell(where: string): string }>> = {
  ECONNREFUSED: { fault: 'target', tell: (where) => `${where} refused the connection` },
  ECONNRESET: { fault: 'target', tell: (where) => `${where} broke off the connection` },
  ECONNABORTED: { fault: 'target', tell: (where) => `${where} broke off the connection` },
  EPIPE: { fault: 'target', tell: (where) => `${where} closed the connection` },
  ENOTFOUND: { fault: 'network', tell: (where) => `no address was found for ${where}` },
  EAI_AGAIN: { fault: 'network', tell: (where) => `the resolver gave no answer for ${where}` },
  EHOSTUNREACH: { fault: 'network', tell: (where) => `there is no route to ${where}` },
  ENETUNREACH: { fault: 'network', tell: (where) => `there is no route to ${where}` },
  EHOSTDOWN: { fault: 'network', tell: (where) => `there is no route to ${where}` },
  ENETDOWN: { fault: 'network', tell: (where) => `the network to ${where} is down` },
  ETIMEDOUT: { fault: 'network', tell: (where) => `${where} could not be reached in time` },
};

/** Codes of OpenSSL's certificate verification and of Node's check of the name. */
const CERTIFICATE_CODE =
  /CERT|CRL|ISSUER|LEAF_SIGNATURE|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH|^HOSTNAME_MISMATCH$/;
const TLS_CODE = /^(ERR_SSL_|ERR_TLS_|EPROTO)/;

/** What an error of a socket means: whose fault it was, and a line for people. */
export function failureOf(thrown: unknown, where: string): Failure {
  if (thrown instanceof Failure) return thrown;
  const error: SystemError = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = typeof error.code === 'string' ? error.code : '';
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (known) return new Failure(known.fault, known.tell(where));
  if (CERTIFICATE_CODE.test(code)) {
    return new Failure('target', `the certificate of ${where} is not accepted: ${error.message} (${code})`);
  }
  if (TLS_CODE.test(code)) {
    const why = typeof error.reason === 'string' ? error.reason : code;
    return new Failure('target', `no TLS connection with ${where}: ${why}`);
  }
  if (code.startsWith('HPE_')) {
    return new Failure('target', `the answer of ${where} is not HTTP: ${error.message} (${code})`);
  }
  return new Failure('ours', `${where} could not be asked: ${error.message}`);
}
