import { resolve } from 'node:path';
import type { Settings } from '../../config/index.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { Registry } from '../../state/registry.ts';
import { Views } from '../../state/views.ts';
import { openEmbeddedStore } from '../../store/index.ts';
import { createMemoryTransport, type Transport } from '../../transport/index.ts';
import { openRabbitmq } from './rabbitmq.ts';
import type { Closer, Stop } from './stopping.ts';
import { type World, worldOf } from './world.ts';

/** What is opened first in a server, and everything else in it stands on. */
export type Ground = Awaited<ReturnType<typeof openGround>>;

/** Opens the store in the data folder, what the product knows over it, and the hub that results and requests pass. */
export async function openGround(
  settings: Settings,
  { folder, log, stop }: { folder: string; log: Log; stop: Stop },
  closers: Closer[],
) {
  const world = worldOf(log);
  const { clock } = world;
  const store = await openEmbeddedStore({
    ...settings.store,
    folder: resolve(folder, 'store'),
    clock,
    log,
  });
  closers.push(() => store.close());
  const stopViews = new AbortController();
  closers.push(() => stopViews.abort());
  const registry = new Registry(store);
  const views = Views.open(store, stopViews.signal, (error) => {
    log.fatal('the views no longer follow the store', { error: errorText(error) });
    stop.because(error);
  });
  const transport = openTransport(settings, world);
  closers.push(() => transport.close());
  return { ...world, transport, registry, views };
}

/** Several servers meet at a broker; without one everything is in this process, and agents elsewhere dial in. */
function openTransport({ rabbitmq }: Settings, world: World): Transport {
  return rabbitmq ? openRabbitmq(rabbitmq, world) : createMemoryTransport(world);
}
