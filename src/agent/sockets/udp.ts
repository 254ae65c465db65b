import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { parseJson } from '../../model/json.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Listener } from './listener.ts';
import type { Place } from './places.ts';
import type { Reports } from './reports.ts';

const VIA = 'udp';

/** Takes results over UDP, one text a datagram; answers nothing. Rejects with the system's error when the place is taken. */
export async function listenUdp({ bind, port }: Place, reports: Reports): Promise<Listener> {
  const socket = createSocket(isIPv6(bind) ? 'udp6' : 'udp4');
  socket.on('message', (bytes) => takeDatagram(bytes, reports));
  const listening = once(socket, 'listening');
  socket.bind(port, bind);
  try {
    await listening;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('error', (error) => reports.refused(VIA, errorText(error)));
  return {
    address: { bind, port: socket.address().port },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function takeDatagram(bytes: Buffer, reports: Reports): void {
  reports.received(VIA, bytes.length);
  const text = reports.decode(bytes, VIA);
  if (text.trim() === 'ping') return;
  const parsed = parseJson(text);
  if (parsed) void reports.take(parsed.value, VIA);
  else reports.invalid(VIA, 'it is no JSON, or incomplete');
}
