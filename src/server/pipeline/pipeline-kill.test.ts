import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { DeliveryRecord } from '../../model/delivery.ts';
import { silentLog } from '../../runtime/log.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import { Registry, writing } from '../../state/registry.ts';
import { openEmbeddedStore, type Store } from '../../store/index.ts';
import { numbered } from '../../testing/pipeline.ts';

const child = fileURLToPath(new URL('../../testing/pipeline-child.ts', import.meta.url));
const KILLS = 2;

const openIn = (folder: string): Promise<Store> =>
  openEmbeddedStore({
    ...{ folder, sync: 'process', clock: systemClock, log: silentLog },
    logs: { deliveries: { entries: 1_000, ageMs: 86_400_000 } },
  });

test('a process that is killed between the handler and the commit tells the same delivery again, under its id', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-outbox-'));
  const file = join(folder, 'told');
  const ids = [1, 2].map((number) => `01900000-0000-7000-8000-00000000000${number}`);
  const before = await openIn(folder);
  const writes = ids.map((id, index) =>
    writing('delivery', id, { id, handler: 'mail', event: numbered(index + 1), tries: 1 }, 'absent'),
  );
  await before.commit([{ writes }]);
  await before.close();
  for (let kill = 1; kill <= KILLS; kill++) {
    const running = spawn('node', ['--import', 'tsx', child, folder, file], { stdio: 'inherit' });
    expect(await once(running, 'close')).toEqual([null, 'SIGKILL']);
  }
  const told = (await readFile(file, 'utf8')).trim().split('\n');
  expect(told).toEqual(Array.from({ length: KILLS }, () => `1 ${ids[0]}`));
  const store = await openIn(folder);
  const left = await new Registry(store).read('delivery', ids);
  expect(left.map((read) => read?.value.tries)).toEqual([1 + KILLS, 1 + KILLS]);
  const records: DeliveryRecord[] = (await new Registry(store).log('deliveries', 'web-1', 'disk')).map(
    ({ entry }) => entry,
  );
  expect(records).toEqual([]);
  await store.close();
  await rm(folder, { recursive: true });
});
