import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Way } from '../rules.ts';
import { limitMs } from './command.ts';
import { DEFAULT_SOCKET_LIMIT_MS, type SocketAddress } from './tcp.ts';
import { withinLimit } from './time-limit.ts';

/** Sends what it is given as one datagram. A host name is looked up as IPv4. */
export function udpHandler(handler: { socket: SocketAddress; timeout?: unknown }): Way {
  const { host, port } = handler.socket;
  const limit = limitMs(handler.timeout) ?? DEFAULT_SOCKET_LIMIT_MS;
  return ({ data }, tools) =>
    withinLimit(tools, limit, async (signal) => {
      if (data === '') return 'there was nothing to send';
      const bytes = Buffer.from(data);
      await send({ host, port }, bytes, signal);
      return `sent ${bytes.length} bytes to ${host}:${port}`;
    });
}

function send(address: SocketAddress, bytes: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address.host) ? 'udp6' : 'udp4');
    const close = (): void => {
      signal.removeEventListener('abort', close);
      socket.close();
    };
    let ended = false;
    const end = (error: Error | null): void => {
      if (ended || signal.aborted) return;
      ended = true;
      close();
      if (error) reject(explained(error, bytes.length));
      else resolve();
    };
    signal.addEventListener('abort', close, { once: true });
    socket.on('error', end);
    socket.send(bytes, address.port, address.host, end);
  });
}

function explained(error: NodeJS.ErrnoException, length: number): Error {
  if (error.code !== 'EMSGSIZE') return error;
  return new Error(`${length} bytes are more than one datagram can carry`, { cause: error });
}
