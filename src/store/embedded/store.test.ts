import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { silentLog } from '../../runtime/log.ts';
import { ManualClock } from '../../testing/clock.ts';
import {
  type ContractOptions,
  type OpenedStore,
  START_MS,
  storeContract,
} from '../../testing/store-contract.ts';
import { openEmbeddedStore } from './store.ts';
import { startThread } from './thread.ts';

/** A store in a folder of its own. A kill is played by what a kill leaves: the files as they are at that moment. */
async function openForContract(options: ContractOptions): Promise<OpenedStore> {
  const root = await mkdtemp(join(tmpdir(), 'tocsin-store-'));
  const clock = new ManualClock(START_MS);
  let folder = join(root, '0');
  let worker: Worker | undefined;
  const open = () =>
    openEmbeddedStore({
      folder,
      sync: 'process',
      logs: options.logs,
      clock,
      log: silentLog,
      feed: { items: options.feedItems, length: 1 << 20 },
      startThread: (given) => {
        worker = startThread(given);
        return worker;
      },
    });
  const opened: OpenedStore = {
    store: await open(),
    elapse: (ms) => clock.advance(ms),
    async reopen(how) {
      // A store that failed is closing its file by itself.
      if (how === 'killed' && opened.store.connected) folder = await copyOf(folder, root);
      await opened.store.close();
      opened.store = await open();
      return opened.store;
    },
    openAnother: open,
    async breakDown() {
      // Whatever goes wrong in the thread ends it in the same way; this is nothing that it can write.
      worker?.postMessage({ type: 'work', id: 0, work: undefined });
    },
    async dispose() {
      await opened.store.close();
      await rm(root, { recursive: true });
    },
  };
  return opened;
}

async function copyOf(folder: string, root: string): Promise<string> {
  const copy = await mkdtemp(join(root, 'copy-'));
  for (const name of await readdir(folder)) await copyFile(join(folder, name), join(copy, name));
  return copy;
}

storeContract('embedded', openForContract);
