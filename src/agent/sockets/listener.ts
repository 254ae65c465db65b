import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { errorText } from '../../runtime/errors.ts';
import { MOST_CONNECTIONS } from './limits.ts';
import type { Place } from './places.ts';

/** Something that listens. */
export interface Listener {
  /** Where it listens really: the port that the system chose where 0 was asked for. */
  readonly address: Place;
  /** Cuts what is open; resolves when nothing is left. */
  close(): Promise<void>;
}

/**
 * Lets a server listen, with so many connections at once and no more. Rejects with the system's error when the place is taken.
 * @param refused is told why a connection was not taken, and of troubles of the server
 */
export async function listen(
  server: Server,
  { bind, port }: Place,
  refused: (reason: string) => void,
): Promise<Listener> {
  const open = new Set<Socket>();
  server.maxConnections = MOST_CONNECTIONS;
  server.on('drop', () => refused('too many connections are open'));
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  server.listen(port, bind);
  await once(server, 'listening');
  server.on('error', (error) => refused(errorText(error)));
  return {
    address: { bind, port: (server.address() as AddressInfo).port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
