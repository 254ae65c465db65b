import type { WebSocket } from 'ws';
import type { Clock } from '../../runtime/clock.ts';
import type { ServerFrame } from './frames.ts';

/** Close codes (RFC 6455, section 7.4). */
export const CLOSE_LEAVING = 1001;
export const CLOSE_REFUSED = 1008;

/** A peer gets so long to answer that a connection is closed. */
export const CLOSE_MS = 1_000;

/** True for what the websocket library finds wrong with bytes of a peer; an ordinary end of a connection is none. */
export function brokeProtocol(error: Error): boolean {
  return String((error as { code?: unknown }).code).startsWith('WS_ERR_');
}

/** Lets a close that is under way reach the peer, and cuts the connection off when it does not end by itself. */
export function endSoon(clock: Clock, socket: WebSocket): void {
  const timer = clock.after(CLOSE_MS, () => socket.terminate());
  socket.once('close', () => timer.cancel());
}

/** Tells a peer why it has to go, and closes; one that stays is cut off after a second. */
export function dismiss(clock: Clock, socket: WebSocket, frame: ServerFrame, code: number): void {
  endSoon(clock, socket);
  socket.send(JSON.stringify(frame));
  socket.close(code);
  // The answer has to be read.
  socket.resume();
}
