import type { Event } from '../../model/event.ts';
import { nearestName } from '../../model/nearest.ts';
import { severityOf } from '../../model/severity.ts';
import { unixSeconds } from '../../runtime/clock.ts';
import { TocsinError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import { systemRandom } from '../../runtime/system/random.ts';
import { createSpawner } from '../../runtime/system/spawner/index.ts';
import { carryOut, type Ending, HandlerPlans } from '../../server/pipeline/index.ts';
import { type Configuration, type ConfigurationOptions, readConfiguration } from '../configuration.ts';
import { EXIT } from '../exit.ts';
import { paint, safeText, type Terminal } from '../text.ts';
import { version } from '../version.ts';
import { jsonText } from './ask.ts';

/** What became of the sample event at one handler. */
interface Tried {
  handler: string;
  outcome: string;
  output?: string;
  error?: string;
  duration: number;
}

export type HandlerTestOptions = ConfigurationOptions & { status: string; json?: boolean };

/** `tocsin handler test NAME`: a set is tried member by member. Resolves with 1 when any of them failed. */
export async function handlerTest(
  name: string,
  options: HandlerTestOptions,
  terminal: Terminal,
): Promise<number> {
  const configuration = await readConfiguration(options);
  const event = sampleEvent(configuration, statusOf(options.status));
  const plans = new HandlerPlans({ ...configuration.settings, plugins: configuration.plugins });
  const targets = plans.targets({ ...event.check, handlers: [name] });
  if (!configuration.settings.handlers.has(name)) throw unknownHandler(name, configuration);
  const spawner = createSpawner({ ...configuration.settings.spawn, clock: systemClock, log: silentLog });
  const tried: Tried[] = [];
  try {
    for (const target of targets) {
      if ('plan' in target) tried.push(await tryOne(target.name, event, plans, configuration, spawner));
      else
        tried.push({
          handler: target.name,
          outcome: 'failed',
          error: 'failed' in target ? target.failed : target.nobody,
          duration: 0,
        });
    }
  } finally {
    await spawner.close();
  }
  terminal.write(options.json ? jsonText(tried) : tried.map((one) => describe(one, terminal)).join(''));
  return tried.every(({ outcome }) => outcome === 'handled') ? EXIT.ok : EXIT.failed;
}

async function tryOne(
  handler: string,
  event: Event,
  plans: HandlerPlans,
  { settings }: Configuration,
  spawner: ReturnType<typeof createSpawner>,
): Promise<Tried> {
  const begunMs = systemClock.elapsed();
  const tools = {
    spawner,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    signal: new AbortController().signal,
    commandTimeoutMs: settings.spawn.defaultTimeoutMs,
  };
  const delivery = { id: systemRandom.uuid(), handler, event, tries: 1 };
  const ending: Ending = await carryOut(delivery, plans.plan(handler), tools);
  const duration = Math.round(systemClock.elapsed() - begunMs) / 1000;
  if (ending.outcome === 'handled') return { handler, outcome: 'handled', output: ending.output, duration };
  if (ending.outcome === 'left')
    return { handler, outcome: 'failed', error: 'it was not carried out', duration };
  return {
    handler,
    outcome: 'failed',
    error: `${ending.stage}: ${ending.error}`,
    ...(ending.output ? { output: ending.output } : {}),
    duration,
  };
}

function describe(tried: Tried, terminal: Terminal): string {
  const mark = tried.outcome === 'handled' ? paint(terminal, 'green', '✓') : paint(terminal, 'red', '✗');
  const error = tried.error === undefined ? '' : `: ${safeText(tried.error).trimEnd()}`;
  const output = tried.output?.trimEnd();
  const printed = output
    ? `${safeText(output)
        .split('\n')
        .map((line) => `    ${line}`)
        .join('\n')}\n`
    : '';
  return `${mark} ${tried.handler} ${tried.outcome} in ${tried.duration.toFixed(3)} s${error}\n${printed}`;
}

function statusOf(text: string): number {
  const status = Number(text);
  if (/^\d{1,3}$/.test(text) && status <= 255) return status;
  throw new TocsinError('USAGE', `--status takes a number from 0 to 255, not "${text}"`);
}

function unknownHandler(name: string, { settings }: Configuration): TocsinError {
  const known = [...settings.handlers.keys()];
  const close = nearestName(name, known);
  const help = close
    ? `did you mean "${close}"?`
    : known.length === 0
      ? 'no handlers are configured (give -c or -d)'
      : `there are ${known.join(', ')}`;
  return new TocsinError('NOT_FOUND', `there is no handler "${name}"; ${help}`);
}

/** An event that says of itself that it is a test. */
function sampleEvent({ settings }: Configuration, status: number): Event {
  const now = unixSeconds(systemClock);
  return {
    id: systemRandom.uuid(),
    client: { ...settings.client, timestamp: now, version },
    check: {
      name: 'handler-test',
      command: 'true',
      interval: 60,
      issued: now,
      executed: now,
      duration: 0.001,
      output: `TEST ${severityOf(status).toUpperCase()}: a sample event, nothing is wrong\n`,
      status,
      type: 'standard',
      history: ['0', String(status)],
      total_state_change: 0,
    },
    occurrences: 1,
    occurrences_watermark: 1,
    last_ok: now - 60,
    action: status === 0 ? 'resolve' : 'create',
    timestamp: now,
    last_state_change: now,
    silenced: false,
    silenced_by: [],
  };
}
