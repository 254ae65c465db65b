import { describe, expect, it } from 'vitest';
import { CLOSING_CASES } from './transport/closing-cases.ts';
import { type ContractCase, type OpenTransport, TransportCase } from './transport/harness.ts';
import { MESSAGE_CASES } from './transport/message-cases.ts';
import { REQUEST_CASES } from './transport/request-cases.ts';

export type { OpenTransport, TransportEnds } from './transport/harness.ts';

/** Every case, in the order of the sentences in `docs/transport.md`. */
export const TRANSPORT_CASES: readonly ContractCase[] = [
  ...REQUEST_CASES,
  ...MESSAGE_CASES,
  ...CLOSING_CASES,
];

/**
 * Tests a transport driver against `docs/transport.md`, each sentence under its number, and looks after each case
 * for timers and promises that were left behind (MUST 21).
 * @param open opens the driver afresh for each case
 * @param exemptions number of a sentence that the driver cannot hold to, or title of a case → the reason, printed in each run
 * @example transportContract('memory', async (parts) => { const end = createMemoryTransport(parts); return { server: end, agent: end }; })
 */
export function transportContract(
  name: string,
  open: OpenTransport,
  exemptions: Readonly<Record<number | string, string>> = {},
): void {
  describe(`transport ${name}`, () => {
    for (const { must, title, run } of TRANSPORT_CASES) {
      const exemption = exemptions[must] ?? exemptions[title];
      if (exemption !== undefined) {
        console.info(`Transport ${name} is exempt from MUST ${must} (${title}): ${exemption}`);
        continue;
      }
      it(`MUST ${must}: ${title}`, async () => {
        const at = await TransportCase.open(open);
        try {
          await run(at);
        } catch (error) {
          await at.end();
          throw error;
        }
        expect(await at.end(), 'left behind').toEqual([]);
      });
    }
  });
}
