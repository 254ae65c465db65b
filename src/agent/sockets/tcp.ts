import { createServer } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import { Conversation } from './conversation.ts';
import { type Listener, listen } from './listener.ts';
import type { Place } from './places.ts';
import type { Reports } from './reports.ts';

/** Listens for results over TCP, one text a connection. Rejects with the system's error when the place is taken. */
export function listenTcp(place: Place, parts: { clock: Clock; reports: Reports }): Promise<Listener> {
  // A caller may close its side first and still read the answer.
  const server = createServer(
    { allowHalfOpen: true, noDelay: true },
    (socket) => new Conversation(socket, parts),
  );
  return listen(server, place, (reason) => parts.reports.refused('tcp', reason));
}
