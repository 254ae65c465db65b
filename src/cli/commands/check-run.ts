import { createAgent } from '../../agent/index.ts';
import { describeProblems } from '../../config/index.ts';
import type { Check, ExecutedCheck } from '../../model/check.ts';
import type { DeliveryRecord } from '../../model/delivery.ts';
import type { Event } from '../../model/event.ts';
import { nearestName } from '../../model/nearest.ts';
import { unixSeconds } from '../../runtime/clock.ts';
import { Counters } from '../../runtime/counters.ts';
import { TocsinError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import { systemRandom } from '../../runtime/system/random.ts';
import { createSpawner } from '../../runtime/system/spawner/index.ts';
import { applyResult } from '../../server/event/index.ts';
import { type Decision, decide, HandlerPlans } from '../../server/pipeline/index.ts';
import { createMemoryTransport } from '../../transport/index.ts';
import {
  type Configuration,
  type ConfigurationOptions,
  checkPlugins,
  readConfiguration,
} from '../configuration.ts';
import { safeText, severityWord, type Terminal } from '../text.ts';
import { version } from '../version.ts';
import { jsonText } from './ask.ts';

/** `tocsin check run NAME`. Resolves with the check's status. */
export async function checkRun(
  name: string,
  options: ConfigurationOptions & { json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const configuration = await readConfiguration(options);
  const check = checkCalled(name, configuration);
  const executed = await runOnce(check, configuration);
  const event = eventOf(executed, configuration);
  const decision = decideNow(event, configuration);
  terminal.write(
    options.json
      ? jsonText({ check: executed, deliveries: outcomes(decision) })
      : describe(executed, decision, terminal),
  );
  return executed.status >= 0 && executed.status <= 255 ? executed.status : 3;
}

/** A configured thing that is not there is a mistake in the command line; the nearest name helps. */
function checkCalled(name: string, { settings }: Configuration): Check {
  const check = settings.checks.get(name);
  if (check) return check;
  const mistakes = settings.skippedChecks.get(name);
  if (mistakes) {
    throw new TocsinError(
      'CONFIG_INVALID',
      `the check "${name}" has mistakes\n\n${describeProblems(mistakes)}`,
    );
  }
  const close = nearestName(name, [...settings.checks.keys()]);
  const known =
    settings.checks.size === 0
      ? 'no checks are configured (give -c or -d)'
      : `tocsin knows ${[...settings.checks.keys()].join(', ')}`;
  throw new TocsinError(
    'NOT_FOUND',
    `there is no check "${name}"${close ? `; did you mean "${close}"?` : ''} ${close ? '' : `(${known})`}`.trimEnd(),
  );
}

async function runOnce(check: Check, { settings, plugins }: Configuration): Promise<ExecutedCheck> {
  const { limit, outputLimitBytes } = settings.spawn;
  const world = {
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    counters: new Counters(),
    version,
  };
  const transport = createMemoryTransport(world);
  const spawner = createSpawner({ limit, outputLimitBytes, ...world });
  const agent = createAgent({ ...world, settings, transport, spawner, checks: checkPlugins(plugins) });
  try {
    return await agent.runCheck(check);
  } finally {
    await agent.stop();
    await transport.close();
  }
}

/** The event as if this were the first result: even an OK is shown to the filters, as a problem that begins. */
function eventOf(executed: ExecutedCheck, { settings }: Configuration): Event {
  const now = unixSeconds(systemClock);
  const client = { ...settings.client, timestamp: now, version };
  const facts = { client, check: executed, now, newId: () => systemRandom.uuid(), taken: [] };
  const { event } = applyResult(undefined, { ...facts, check: { ...executed, type: 'metric' } });
  if (!event) throw new TocsinError('BUG', 'a metric check made no event');
  return { ...event, check: { ...event.check, type: executed.type ?? 'standard' } };
}

function decideNow(event: Event, { settings, plugins }: Configuration): Decision {
  const plugin = {
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    signal: new AbortController().signal,
  };
  return decide(event, new HandlerPlans({ ...settings, plugins }), {
    plugin,
    nextId: () => systemRandom.uuid(),
  });
}

function outcomes(decision: Decision): { handler: string; outcome: string; why?: string }[] {
  return [
    ...decision.deliveries.map(({ handler }) => ({ handler, outcome: 'would be told' })),
    ...decision.records.map((record) => ({
      handler: record.handler,
      outcome: `would not be told`,
      why: whyNot(record),
    })),
  ];
}

function whyNot(record: DeliveryRecord): string {
  return record.filtered?.why ?? record.failed?.error ?? record.outcome;
}

function describe(executed: ExecutedCheck, decision: Decision, terminal: Terminal): string {
  const quiet = executed.status === 0 && executed.type !== 'metric';
  const lines = outcomes(decision).map(
    ({ handler, outcome, why }) => `  ${handler}  ${outcome}${why ? `: ${safeText(why)}` : ''}`,
  );
  const title = quiet ? 'An OK is told to nobody. Were it a problem:' : 'Handlers:';
  const fault = typeof executed['fault'] === 'string' ? `  fault ${executed['fault']}` : '';
  return [
    `${severityWord(terminal, executed.status)}  status ${executed.status}  ${(executed.duration ?? 0).toFixed(3)} s${fault}`,
    '',
    safeText(executed.output).trimEnd(),
    '',
    title,
    ...lines,
    '',
  ].join('\n');
}
