import { transportContract } from '../../testing/transport-contract.ts';
import { createMemoryTransport } from './index.ts';

transportContract('memory', async (parts) => {
  const transport = createMemoryTransport(parts);
  return { server: transport, agent: transport };
});
