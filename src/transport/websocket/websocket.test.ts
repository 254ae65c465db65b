import { transportContract } from '../../testing/transport-contract.ts';
import { openStation } from '../../testing/websocket.ts';
import { createMemoryTransport } from '../index.ts';

// Time that consumers rest is the hub's and can be moved by hand; sockets live in the machine's own.
transportContract('websocket', async (parts) => {
  const station = await openStation({ hub: createMemoryTransport(parts) });
  return { server: station.hub, agent: await station.connected(), end: () => station.end() };
});
