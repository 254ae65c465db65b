import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Connections of callers at once. Those that were upgraded count no more: whoever took them over bounds them. */
const MOST_CONNECTIONS = 2_000;

/** Cuts connections beyond the bound as they come, and tells of each. */
export function boundConnections(
  server: Pick<Server, 'on'>,
  dropped: () => void,
  most = MOST_CONNECTIONS,
): void {
  let open = 0;
  server.on('connection', (socket: Socket) => {
    if (open >= most) {
      socket.destroy();
      dropped();
      return;
    }
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
  });
  server.on('upgrade', (_request, socket) => {
    open -= 1;
    socket.once('close', () => {
      open += 1;
    });
  });
}
