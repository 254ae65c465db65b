import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import { Conversation } from './conversation.ts';
import { MOST_CONNECTIONS } from './limits.ts';
import type { Listener } from './listener.ts';
import type { Place } from './places.ts';
import type { Reports } from './reports.ts';

const VIA = 'tcp';

/** Listens for results over TCP, one text a connection. Rejects with the system's error when the place is taken. */
export async function listenTcp(
  { bind, port }: Place,
  parts: { clock: Clock; reports: Reports },
): Promise<Listener> {
  const open = new Set<Socket>();
  // A caller may close its side first and still read the answer.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    new Conversation(socket, parts);
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on('drop', () => parts.reports.refused(VIA, 'too many connections are open'));
  server.listen(port, bind);
  await once(server, 'listening');
  server.on('error', (error) => parts.reports.refused(VIA, errorText(error)));
  return {
    address: { bind, port: (server.address() as AddressInfo).port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
