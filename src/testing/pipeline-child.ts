/**
 * Carries out what is due; its handler notes each delivery in a file and then kills this process, so that the delivery has
 * run and is not written down. `src/server/pipeline/pipeline-kill.test.ts` starts it.
 * Arguments: folder of the store, the file.
 */
import { appendFileSync } from 'node:fs';
import { defineHandler, type Plugin, Type } from '../plugin.ts';
import { json } from '../plugins/json.ts';
import { Counters } from '../runtime/counters.ts';
import { silentLog } from '../runtime/log.ts';
import type { Spawner } from '../runtime/spawner.ts';
import { systemClock } from '../runtime/system/clock.ts';
import { systemRandom } from '../runtime/system/random.ts';
import { Pipeline } from '../server/pipeline/pipeline.ts';
import { Registry } from '../state/registry.ts';
import { Views } from '../state/views.ts';
import { openEmbeddedStore } from '../store/index.ts';
import { createMemoryTransport } from '../transport/index.ts';

const [folder = '', file = ''] = process.argv.slice(2);
const world = { clock: systemClock, log: silentLog };
const store = await openEmbeddedStore({
  ...world,
  folder,
  sync: 'process',
  logs: { deliveries: { entries: 1_000, ageMs: 86_400_000 } },
});
const killing = defineHandler({
  name: 'killing',
  options: Type.Object({}),
  run: async ({ occurrences }, _, { deliveryId }) => {
    appendFileSync(file, `${occurrences} ${deliveryId}\n`);
    process.kill(process.pid, 'SIGKILL');
    return '';
  },
});
const pipeline = new Pipeline({
  ...world,
  rules: {
    handlers: new Map([['mail', { type: 'killing', name: 'mail' }]]),
    filters: new Map(),
    mutators: new Map(),
    plugins: new Map([json, killing].map((plugin) => [plugin.name, plugin as Plugin])),
  },
  registry: new Registry(store),
  views: Views.open(store, new AbortController().signal, () => process.exit(1)),
  transport: createMemoryTransport(world),
  spawner: {} as Spawner,
  random: systemRandom,
  counters: new Counters(),
});
await pipeline.start();
