/**
 * Commits for ever and prints the number of each commit that resolved; `src/store/embedded/survival.test.ts` kills this process.
 * Arguments: folder of the store.
 */
import { writeSync } from 'node:fs';
import { silentLog } from '../../runtime/log.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import { openEmbeddedStore } from '../../store/index.ts';

const [folder = ''] = process.argv.slice(2);
const retention = { entries: 1_000_000, ageMs: 86_400_000 };
const store = await openEmbeddedStore({
  folder,
  sync: 'process',
  logs: { log: retention },
  clock: systemClock,
  log: silentLog,
});
let next = ((store.view('counter')?.get('next') as number | undefined) ?? -1) + 1;

/** Each commit writes some of 500 documents and a log entry, and says in one more which commit it was. */
async function write(): Promise<never> {
  for (;;) {
    const n = next++;
    const padding = 'x'.repeat((n * 37) % 2_000);
    const writes = Array.from({ length: 10 }, (_, at) => ({
      kind: 'state',
      name: `s${(n * 7 + at * 53) % 500}`,
      value: { n, padding },
    }));
    await store.commit([
      {
        writes: [...writes, { kind: 'counter', name: 'next', value: n }],
        appends: [{ log: 'log/all', timeMs: systemClock.now(), entry: n }],
      },
    ]);
    writeSync(1, `${n}\n`);
  }
}

await Promise.all([write(), write(), write()]);
