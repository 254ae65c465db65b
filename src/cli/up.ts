import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { type Agent, createAgent } from '../agent/index.ts';
import { createApi, type ServerInfo } from '../api/index.ts';
import type { Settings } from '../config/index.ts';
import type { Plugin } from '../plugin.ts';
import { sleep, unixSeconds } from '../runtime/clock.ts';
import { Counters } from '../runtime/counters.ts';
import { errorText, TocsinError } from '../runtime/errors.ts';
import type { LogLevel } from '../runtime/log.ts';
import { systemClock } from '../runtime/system/clock.ts';
import { createLog, type SystemLog } from '../runtime/system/log.ts';
import { systemRandom } from '../runtime/system/random.ts';
import { createSpawner } from '../runtime/system/spawner/index.ts';
import { Server } from '../server/index.ts';
import { Registry } from '../state/registry.ts';
import { Views } from '../state/views.ts';
import { openEmbeddedStore } from '../store/index.ts';
import { createMemoryTransport } from '../transport/index.ts';
import { type ConfigurationOptions, checkPlugins, readConfiguration } from './configuration.ts';
import { EXIT, exitCodeOf } from './exit.ts';
import { showChanges } from './live/index.ts';
import { machineAddress, machineName } from './machine.ts';
import type { Terminal } from './text.ts';
import { version } from './version.ts';

export interface UpOptions extends ConfigurationOptions {
  data: string;
  port?: number;
  logLevel?: string;
  /** False with --no-live. */
  live: boolean;
  quickStart?: boolean;
}

/** Deliveries in hand get this long to end when we stop; the others are carried out at the next start. */
const STOP_MS = 5_000;
/** A stop that takes longer than this ends the process whatever hangs. */
const STOP_LIMIT_MS = 20_000;
const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'];

/** What runs in one process of `tocsin up`, and what ends each part, the last opened first. */
interface House {
  views: Views;
  url: string;
}

/** How a part that was opened is closed again. */
type Closer = () => Promise<void> | void;

/** `tocsin up`: server, agent and API in this process, until it is told to stop. Resolves with the exit code. */
export async function up(options: UpOptions, terminal: Terminal): Promise<number> {
  const { settings, plugins, warnings } = await readConfiguration(options);
  const folder = resolve(options.data);
  const live = options.live && terminal.interactive;
  const log = openLog(options.logLevel, live ? resolve(folder, 'tocsin.log') : 2);
  if (warnings) process.stderr.write(`${warnings}\n`);
  const stop = stopRequested();
  const closers: Closer[] = [];
  let giveBack = (): void => undefined;
  process.on('uncaughtException', (error) => {
    log.fatal('unexpected error - please report it', { error: error.stack ?? errorText(error) });
    log.flush();
    giveBack();
    process.stderr.write(`tocsin: unexpected error, please report it: ${error.stack ?? errorText(error)}\n`);
    process.exit(EXIT.failed);
  });
  // A store that fails while it is opened, or a signal then, must not wait for what may never come.
  const opening = open(withFlags(settings, options), plugins, folder, log, stop, closers);
  const house = await Promise.race([opening, stop.wanted.then(() => undefined)]).catch(
    async (error: unknown) => {
      await closeAll(closers, log);
      throw error;
    },
  );
  opening.catch(() => undefined);
  if (house) {
    const { views, url } = house;
    const quickStart = options.quickStart === true;
    const client = settings.client.name;
    giveBack = showChanges({
      views,
      terminal,
      live,
      clock: systemClock,
      url,
      folder,
      quickStart,
      client,
    }).end;
  }
  const failure = await stop.wanted;
  giveBack();
  if (failure !== undefined) process.stderr.write(`tocsin: ${errorText(failure)}\n`);
  terminal.write('stopping …\n');
  const ended = await closeAll(closers, log);
  log.flush();
  // A handle that something left open must not keep a stopped process alive.
  process.exit(ended ? exitCodeAfter(failure) : EXIT.failed);
}

/** Closes what was opened, the last first, whatever fails; false when it took too long and something is left. */
async function closeAll(closers: readonly Closer[], log: SystemLog): Promise<boolean> {
  const close = async (): Promise<boolean> => {
    for (const closer of [...closers].reverse()) {
      try {
        await closer();
      } catch (error) {
        log.error('something could not be stopped in order', { error: errorText(error) });
      }
    }
    return true;
  };
  const ended = await Promise.race([close(), sleep(systemClock, STOP_LIMIT_MS).then(() => false)]);
  if (!ended)
    log.error('something did not stop in time and is left behind', { limit: `${STOP_LIMIT_MS / 1000} s` });
  return ended;
}

function exitCodeAfter(failure: unknown): number {
  if (failure === undefined) return EXIT.ok;
  return failure instanceof TocsinError ? exitCodeOf(failure.kind) : EXIT.failed;
}

function openLog(level: string | undefined, destination: string | number): SystemLog {
  const chosen = (level ?? 'warn').toLowerCase();
  if (LEVELS.includes(chosen)) return createLog({ level: chosen as LogLevel, destination });
  throw new TocsinError('USAGE', `--log-level takes one of ${LEVELS.join(', ')}, not "${level}"`);
}

function withFlags(settings: Settings, options: UpOptions): Settings {
  return options.port === undefined
    ? settings
    : { ...settings, api: { ...settings.api, port: options.port } };
}

/**
 * Opens everything in the order in which each needs the one before, and notes in `closers` how it ends. They are
 * closed the other way round: asking stops first, then listening, then telling; the store is last, so nothing is lost
 * on the way.
 */
async function open(
  settings: Settings,
  plugins: ReadonlyMap<string, Plugin>,
  folder: string,
  log: SystemLog,
  stop: Stop,
  closers: Closer[],
): Promise<House> {
  const world = { clock: systemClock, random: systemRandom, log, counters: new Counters(), version };
  const store = await openEmbeddedStore({
    ...settings.store,
    folder: resolve(folder, 'store'),
    clock: systemClock,
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
  const transport = createMemoryTransport({ clock: systemClock, log });
  closers.push(() => transport.close());
  const shared = { ...world, plugins, transport, registry, views };
  let agent: Agent | undefined;
  const api = await createApi({
    ...shared,
    settings,
    serverInfo: () => [serverInfo(settings)],
    callIn: (name, report) => callIn(agent, settings, name, report),
  });
  closers.push(() => api.close());
  const { address, port } = await api.listen();
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  exportToCommands(folder, url, settings);
  const { limit, outputLimitBytes } = settings.spawn;
  const spawning = { limit, outputLimitBytes, clock: systemClock, log };
  const spawner = createSpawner(spawning);
  closers.push(() => spawner.close());
  const server = new Server({ ...shared, settings, spawner });
  closers.push(() => server.stop(STOP_MS));
  const told = { ...settings, client: { ...settings.client, tocsin: { api: url } } };
  const checks = checkPlugins(plugins);
  const running = createAgent({ ...shared, settings: told, spawner: createSpawner(spawning), checks });
  agent = running;
  closers.push(() => running.stop());
  await server.start();
  await agent.start();
  return { views, url };
}

/** Checks, handlers and mutators are told where things are. */
function exportToCommands(folder: string, url: string, settings: Settings): void {
  process.env['TOCSIN_DATA'] = folder;
  process.env['TOCSIN_API_URL'] = url;
  const { user, password } = settings.api;
  const credentials =
    user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? '')}@`;
  process.env['SENSU_API_URL'] = url.replace('://', `://${credentials}`);
}

function callIn(
  agent: Agent | undefined,
  settings: Settings,
  name: string,
  report: { status: number; output: string },
): boolean {
  if (!agent || settings.checks.get(name)?.extension !== 'heartbeat') return false;
  agent.callIn(name, report);
  return true;
}

const serverId = systemRandom.uuid();

function serverInfo(settings: Settings): ServerInfo {
  const { user, system } = process.cpuUsage();
  const hexdigest = createHash('sha256').update(JSON.stringify(settings.document)).digest('hex');
  return {
    id: serverId,
    hostname: machineName(),
    address: machineAddress(),
    tasks: ['check_request_publisher', 'client_monitor'],
    metrics: { cpu: { user: user / 1e6, system: system / 1e6 } },
    sensu: { version, settings: { hexdigest } },
    timestamp: unixSeconds(systemClock),
  };
}

/** When to stop, and why. */
interface Stop {
  /** Resolves when we are to stop: with nothing when somebody wishes it, or with what makes us useless. */
  wanted: Promise<unknown>;
  /** Without its store a process that goes on would watch nothing and tell nobody: whoever started it must know. */
  because: (failure: unknown) => void;
}

/** The first signal stops; the second one ends the process at once. */
function stopRequested(): Stop {
  let asked = false;
  let because: Stop['because'] = () => undefined;
  const wanted = new Promise<unknown>((resolved) => {
    because = resolved;
    const stop = (): void => {
      if (asked) process.exit(EXIT.failed);
      asked = true;
      resolved(undefined);
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
  return { wanted, because };
}
