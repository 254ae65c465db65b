import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Access, openAccess } from '../access/index.ts';
import type { Settings } from '../config/settings.ts';
import type { Clock } from '../runtime/clock.ts';
import { Counters } from '../runtime/counters.ts';
import { Registry } from '../state/registry.ts';
import { openEmbeddedStore } from '../store/index.ts';
import type { Store } from '../store/port.ts';
import { ManualClock } from './clock.ts';
import { instantDisk } from './instant-disk.ts';
import { memoryLog } from './log.ts';
import { testSettings } from './settings.ts';

/** Passwords that cost next to nothing. */
export const CHEAP_SCRYPT = { log2N: 4, r: 1, p: 1 };

/** Access control over a store whose disk is instant, with time that a test moves. */
export interface AccessWorld {
  access: Access;
  store: Store;
  registry: Registry;
  clock: ManualClock;
  counters: Counters;
  log: ReturnType<typeof memoryLog>;
  /** User and password of the configuration, as of now. */
  configure(api: Partial<Settings['api']>): void;
  /** A second access control over the same store, as another process would have. */
  another(clock?: Clock): Access;
  stop(): Promise<void>;
}

export async function startAccess(): Promise<AccessWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-access-'));
  const clock = new ManualClock();
  const log = memoryLog();
  const counters = new Counters();
  const { store: kept, api: usual } = testSettings();
  const startThread = instantDisk({ journal: [], position: 0 });
  const store = await openEmbeddedStore({ ...kept, folder, clock, log, startThread });
  const registry = new Registry(store);
  let api = usual;
  const opened: Access[] = [];
  const open = (): Access => {
    const access = openAccess({
      ...{ registry, clock, log, counters, scryptCost: CHEAP_SCRYPT },
      api: () => api,
    });
    opened.push(access);
    return access;
  };
  return {
    ...{ access: open(), store, registry, clock, counters, log, another: open },
    configure(changed) {
      api = { ...api, ...changed };
    },
    async stop() {
      for (const access of opened) await access.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
