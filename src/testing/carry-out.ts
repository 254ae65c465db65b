import { afterAll } from 'vitest';
import type { Handler, Mutator } from '../model/handler.ts';
import type { Plugin } from '../plugin.ts';
import { json } from '../plugins/json.ts';
import { onlyCheckOutput } from '../plugins/only-check-output.ts';
import { silentLog } from '../runtime/log.ts';
import type { Spawner } from '../runtime/spawner.ts';
import { systemClock } from '../runtime/system/clock.ts';
import { createSpawner } from '../runtime/system/spawner/index.ts';
import { carryOut } from '../server/pipeline/carry-out.ts';
import { HandlerPlans } from '../server/pipeline/plans.ts';
import type { Ending, Tools } from '../server/pipeline/rules.ts';
import { type EventOverrides, sampleEvent } from './plugin-context.ts';
import { seededRandom } from './random.ts';

/** The handler `mail`, of the type `pipe` unless told, and what it is told of. */
export interface CarryOutGiven {
  handler: Partial<Handler>;
  mutators?: Record<string, Mutator>;
  plugins?: Plugin[];
  event?: EventOverrides;
  tools?: Partial<Tools>;
}

/** Carries out deliveries with a real spawner. */
export interface CarryOutWorld {
  /** Carries out a delivery of the id `delivery-7`; resolves with how it ended. */
  told(given: CarryOutGiven): Promise<Ending>;
  /** A spawner that keeps 5 kB of what a command prints. */
  narrow: Spawner;
}

/** Call it at the top of a test file: its commands are ended after the last test. */
export function carryOutWorld(): CarryOutWorld {
  const wide = { limit: 12, outputLimitBytes: 10_000_000, clock: systemClock, log: silentLog };
  const spawner = createSpawner(wide);
  const narrow = createSpawner({ ...wide, outputLimitBytes: 5_000 });
  afterAll(() => Promise.all([spawner.close(), narrow.close()]));
  return { told: (given) => tell(given, spawner), narrow };
}

function tell(given: CarryOutGiven, spawner: Spawner): Promise<Ending> {
  const delivery = { id: 'delivery-7', handler: 'mail', event: sampleEvent(given.event), tries: 1 };
  return carryOut(delivery, plansOf(given).plan('mail'), {
    spawner,
    clock: systemClock,
    random: seededRandom(),
    log: silentLog,
    signal: new AbortController().signal,
    commandTimeoutMs: 0,
    ...given.tools,
  });
}

function plansOf({ handler, mutators = {}, plugins = [] }: CarryOutGiven): HandlerPlans {
  return new HandlerPlans({
    handlers: new Map([['mail', { type: 'pipe', ...handler, name: 'mail' }]]),
    filters: new Map(),
    mutators: new Map(Object.entries(mutators)),
    plugins: new Map([json, onlyCheckOutput, ...plugins].map((plugin) => [plugin.name, plugin as Plugin])),
  });
}
