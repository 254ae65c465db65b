import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../store/port.ts';
import { changes, lists } from './store/changes.ts';
import { documents, values } from './store/documents.ts';
import { endings, failures } from './store/endings.ts';
import { feed } from './store/feed.ts';
import { type ContractOptions, OPTIONS, type OpenedStore } from './store/kit.ts';
import { leases } from './store/leases.ts';
import { logs } from './store/logs.ts';

export { type ContractOptions, type OpenedStore, START_MS } from './store/kit.ts';

/** Number of a MUST sentence in `docs/store.md` → why this driver does not hold to it. */
export type Exemptions = Readonly<Record<number, string>>;

/**
 * The contract of `docs/store.md` as tests, one and more for each MUST sentence, with the sentence's number in the
 * test's name. A driver calls it from its own test. After each case nothing may be left over.
 */
export function storeContract(
  name: string,
  open: (options: ContractOptions) => Promise<OpenedStore>,
  exemptions: Exemptions = {},
): void {
  for (const [number, reason] of Object.entries(exemptions)) {
    console.info(`Store ${name} is exempt from MUST ${number}: ${reason}`);
  }
  let opened: OpenedStore;
  let before: string[];
  const store = (): Store => opened.store;
  const must = (number: number, title: string, test: () => Promise<void>): void => {
    if (!(number in exemptions)) it(`MUST ${number}: ${title}`, test);
  };

  describe(`store contract: ${name}`, () => {
    beforeEach(async () => {
      before = resources();
      opened = await open(OPTIONS);
    });
    afterEach(async () => {
      await opened.dispose();
      await expect.poll(() => leftOver(before)).toEqual([]);
    });
    documents(must, store);
    values(must, store, (how) => opened.reopen(how));
    changes(must, store);
    lists(must, store);
    logs(must, () => opened);
    leases(must, () => opened);
    feed(must, () => opened);
    endings(must, () => opened);
    failures(must, () => opened);
  });
}

/** What keeps the event loop alive, timers apart, which the test runner has of its own. */
function resources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate');
}

function leftOver(before: readonly string[]): string[] {
  const rest = [...before];
  return resources().filter((name) => {
    const index = rest.indexOf(name);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}
