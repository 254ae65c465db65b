/**
 * What does it cost a request to be let in? The gate of the API with access control off and on, over a real store.
 * `npx tsx bench/gate.ts`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAccess } from '../src/access/index.ts';
import { createGate } from '../src/api/gate.ts';
import { Counters } from '../src/runtime/counters.ts';
import { silentLog } from '../src/runtime/log.ts';
import { systemClock } from '../src/runtime/system/clock.ts';
import { Registry } from '../src/state/registry.ts';
import { openEmbeddedStore } from '../src/store/index.ts';
import { testSettings } from '../src/testing/settings.ts';

const ROUNDS = 200_000;
const PASSWORD = 'correct horse battery';

const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-'));
const { api, store: kept } = testSettings();
const store = await openEmbeddedStore({ ...kept, folder, clock: systemClock, log: silentLog });
const parts = { registry: new Registry(store), clock: systemClock, log: silentLog, counters: new Counters() };
const access = openAccess({ ...parts, api: () => api });
const gate = createGate(api, access.logins);
const basic = `Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}`;

const ask = (authorization: string | undefined) =>
  gate({
    ...{ method: 'GET', host: 'localhost:4567', origin: undefined, authorization },
    ...{ url: '/api/v1/search/events', address: '10.0.0.9' },
  });

/** Microseconds of one request, the fastest of five runs. */
function measure(authorization: string | undefined): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const begun = performance.now();
    for (let round = 0; round < ROUNDS; round++) {
      const entry = ask(authorization);
      if (entry instanceof Promise || 'refused' in entry) throw new Error('this must be let in at once');
    }
    fastest = Math.min(fastest, ((performance.now() - begun) * 1000) / ROUNDS);
  }
  return fastest;
}

const figures: Record<string, number> = { off: measure(undefined) };
await access.users.add('ann', 'admin', PASSWORD, null);
const { secret } = await access.tokens.addApi({ name: 'ci', role: 'read' }, null);
const begun = performance.now();
await ask(basic);
figures['first login with a password'] = (performance.now() - begun) * 1000;
figures['password, remembered'] = measure(basic);
figures['token'] = measure(`Bearer ${secret}`);
for (const [name, microseconds] of Object.entries(figures)) {
  console.log(`${name}: ${microseconds.toFixed(2)} µs a request`);
}
await access.close();
await store.close();
await rm(folder, { recursive: true });
