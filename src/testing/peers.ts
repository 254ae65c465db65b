import type { Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** Servers that a test started on 127.0.0.1. */
export interface Peers {
  /** Starts a server on a free port, which it resolves with. */
  serve(server: Server): Promise<number>;
  /** Binds a datagram socket to a free port, which it resolves with. */
  bind(socket: UdpSocket): Promise<number>;
  /**
   * Closes everything. Resolves only when every connection has ended, so a test whose subject leaves one open
   * fails by its time limit. A server that does not read has to be told that its peer is gone: `socket.resume()`.
   */
  close(): Promise<void>;
}

/** Keeps the servers of a test, for its `afterEach` to close. */
export function peers(): Peers {
  const servers: Server[] = [];
  const sockets: UdpSocket[] = [];
  return {
    async serve(server) {
      servers.push(server);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },
    async bind(socket) {
      sockets.push(socket);
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      return socket.address().port;
    },
    async close() {
      for (const socket of sockets.splice(0)) socket.close();
      await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

/** A port of 127.0.0.1 at which nobody listens. */
export async function deadPort(): Promise<number> {
  const own = peers();
  const port = await own.serve(createServer());
  await own.close();
  return port;
}
