import { connect } from 'node:net';
import { type Clock, sleep } from '../../../runtime/clock.ts';
import type { Way } from '../rules.ts';
import { limitMs } from './command.ts';
import { withinLimit } from './time-limit.ts';

/** Where a tcp or udp handler sends to. */
export interface SocketAddress {
  host: string;
  port: number;
}

export const DEFAULT_SOCKET_LIMIT_MS = 10_000;
/** A receiver that does not close its end is left alone after this time. */
const PARTING_MS = 200;

/** Connects, writes what it is given, closes. Reads nothing; connects to nobody when there is nothing to write. */
export function tcpHandler(handler: { socket: SocketAddress; timeout?: unknown }): Way {
  const { host, port } = handler.socket;
  const limit = limitMs(handler.timeout) ?? DEFAULT_SOCKET_LIMIT_MS;
  return async ({ data }, tools) => {
    let connected = false;
    const noted = (): void => {
      connected = true;
    };
    const ending = await withinLimit(tools, limit, async (signal) => {
      if (data === '') return 'there was nothing to send';
      await write({ host, port }, data, { signal, clock: tools.clock, connected: noted });
      return `sent ${Buffer.byteLength(data)} bytes to ${host}:${port}`;
    });
    return ending.outcome === 'failed' && !connected ? { ...ending, untold: true } : ending;
  };
}

/**
 * Resolves when the receiver has closed too, or soon after everything was handed over: a receiver that resets the
 * connection has not read it all.
 */
function write(
  address: SocketAddress,
  data: string,
  { signal, clock, connected }: { signal: AbortSignal; clock: Clock; connected: () => void },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const closed = new AbortController();
    const socket = connect(address);
    const abort = (): void => void socket.destroy();
    signal.addEventListener('abort', abort, { once: true });
    socket.on('connect', connected);
    socket.on('error', reject);
    socket.on('finish', () => void sleep(clock, PARTING_MS, closed.signal).then(() => socket.destroy()));
    socket.on('close', () => {
      closed.abort();
      signal.removeEventListener('abort', abort);
      if (socket.writableFinished) resolve();
      else reject(new Error(`${address.host}:${address.port} closed before everything was sent`));
    });
    socket.resume();
    socket.end(data);
  });
}
