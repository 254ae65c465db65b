import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { waitFor } from '../testing/tocsin-process.ts';
import { boundConnections } from './connections.ts';

test('connections beyond the bound are cut, and those that were upgraded count no more', async () => {
  const server = createServer();
  const upgraded: Socket[] = [];
  let dropped = 0;
  boundConnections(server, () => dropped++, 2);
  server.on('upgrade', (_request, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    socket.on('error', () => undefined);
    upgraded.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const opened: Socket[] = [];
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    opened.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  const upgrade = async (): Promise<void> => {
    const socket = await open();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    await once(socket, 'data');
  };
  for (let count = 0; count < 5; count++) await upgrade();
  expect([upgraded.length, dropped]).toEqual([5, 0]);
  const [first] = [await open(), await open()];
  const over = await open();
  await once(over, 'close');
  expect(dropped).toBe(1);
  // One that ends makes room for one, upgraded or not.
  opened[0]?.destroy();
  first.destroy();
  await waitFor(async () => {
    const socket = await open();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    return upgraded.length === 6;
  }, 'there is room for another one');
  for (const socket of [...opened, ...upgraded]) socket.destroy();
  server.close();
  await once(server, 'close');
});
