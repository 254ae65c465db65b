import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Shares } from '../runtime/shares.ts';

/** Connections of callers at once. Those that were upgraded count no more: whoever took them over bounds them. */
const MOST_CONNECTIONS = 2_000;
/** The part of them that one address may have: whoever opens all it can leaves room for others. */
const SHARE = 3 / 4;

/** Cuts connections beyond the bound as they come, and tells of each. */
export function boundConnections(
  server: Pick<Server, 'on'>,
  dropped: () => void,
  most = MOST_CONNECTIONS,
): void {
  const open = new Shares(most, Math.ceil(most * SHARE));
  server.on('connection', (socket: Socket) => {
    // The system tells it only while the connection lasts.
    const address = socket.remoteAddress ?? '';
    if (!open.take(address)) {
      socket.destroy();
      dropped();
      return;
    }
    socket.once('close', () => open.giveBack(address));
  });
  server.on('upgrade', (_request, socket) => {
    const address = (socket as Socket).remoteAddress ?? '';
    open.giveBack(address);
    socket.once('close', () => open.takeAnyway(address));
  });
}
