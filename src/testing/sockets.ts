import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection to a port on loopback that a test holds in its hands. */
export interface Caller {
  socket: Socket;
  /** What was answered so far. */
  answer(): string;
  /** True when the other side has closed, or cut, the connection. */
  closed(): boolean;
  /** Resolves with the answer when the connection has ended. */
  ended: Promise<string>;
}

/** Connects, and sends nothing by itself. A connection that is cut ends like one that is closed. */
export async function call(port: number): Promise<Caller> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  let closed = false;
  const answer = (): string => Buffer.concat(chunks).toString('utf8');
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {});
  socket.on('end', () => {
    closed = true;
    socket.end();
  });
  const ended = new Promise<string>((resolve) => {
    socket.on('close', () => {
      closed = true;
      resolve(answer());
    });
  });
  await once(socket, 'connect');
  return { socket, answer, closed: () => closed, ended };
}

/** Sends pieces one after the other over one connection and resolves with the answer. */
export async function tell(port: number, pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const { socket, ended } = await call(port);
  for (const piece of pieces) {
    if (!socket.writable) break;
    await new Promise((resolve) => socket.write(piece, resolve));
  }
  return ended;
}

/** Sends datagrams one after the other to a port on loopback. */
export async function throwAt(port: number, datagrams: readonly (string | Uint8Array)[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const datagram of datagrams) {
    await new Promise((resolve) => socket.send(datagram, port, '127.0.0.1', resolve));
  }
  socket.close();
}
