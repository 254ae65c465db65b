import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { type Agent, createAgent } from '../agent/index.ts';
import { type Api, createApi, type ServerInfo } from '../api/index.ts';
import type { Settings } from '../config/index.ts';
import type { Plugin } from '../plugin.ts';
import { sleep, unixSeconds } from '../runtime/clock.ts';
import { Counters } from '../runtime/counters.ts';
import { errorText, TocsinError } from '../runtime/errors.ts';
import type { LogLevel } from '../runtime/log.ts';
import type { Spawner } from '../runtime/spawner.ts';
import { systemClock } from '../runtime/system/clock.ts';
import { createLog, type SystemLog } from '../runtime/system/log.ts';
import { systemRandom } from '../runtime/system/random.ts';
import { createSpawner } from '../runtime/system/spawner/index.ts';
import { Server } from '../server/index.ts';
import { Registry } from '../state/registry.ts';
import { Views } from '../state/views.ts';
import { openEmbeddedStore, type Store } from '../store/index.ts';
import { createMemoryTransport, type Transport } from '../transport/index.ts';
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

/** Everything that runs in one process of `tocsin up`. */
interface House {
  store: Store;
  views: Views;
  transport: Transport;
  spawner: Spawner;
  server: Server;
  agent: Agent;
  api: Api;
  url: string;
  stopViews: AbortController;
}

/** `tocsin up`: server, agent and API in this process, until it is told to stop. Resolves with the exit code. */
export async function up(options: UpOptions, terminal: Terminal): Promise<number> {
  const { settings, plugins, warnings } = await readConfiguration(options);
  const folder = resolve(options.data);
  const live = options.live && terminal.interactive;
  const log = openLog(options.logLevel, live ? resolve(folder, 'tocsin.log') : 2);
  if (warnings) process.stderr.write(`${warnings}\n`);
  const stop = stopRequested();
  const house = await open(withFlags(settings, options), plugins, folder, log, stop);
  process.on('uncaughtException', (error) => {
    log.fatal('unexpected error - please report it', { error: error.stack ?? errorText(error) });
    log.flush();
    process.exit(EXIT.failed);
  });
  const display = showChanges({
    views: house.views,
    terminal,
    live,
    clock: systemClock,
    url: house.url,
    folder,
    quickStart: options.quickStart === true,
  });
  const failure = await stop.wanted;
  display.end();
  if (failure !== undefined) process.stderr.write(`tocsin: ${errorText(failure)}\n`);
  terminal.write('stopping …\n');
  const ended = await Promise.race([
    close(house).then(() => true),
    sleep(systemClock, STOP_LIMIT_MS).then(() => false),
  ]);
  if (!ended)
    log.error('something did not stop in time and is left behind', { limit: `${STOP_LIMIT_MS / 1000} s` });
  log.flush();
  // A handle that something left open must not keep a stopped process alive.
  process.exit(ended ? exitCodeAfter(failure) : EXIT.failed);
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

/** Opens everything in the order in which each needs the one before; what was opened is closed when the next fails. */
async function open(
  settings: Settings,
  plugins: ReadonlyMap<string, Plugin>,
  folder: string,
  log: SystemLog,
  stop: Stop,
): Promise<House> {
  const world = { clock: systemClock, random: systemRandom, log, counters: new Counters(), version };
  const store = await openEmbeddedStore({
    ...settings.store,
    folder: resolve(folder, 'store'),
    clock: systemClock,
    log,
  });
  const stopViews = new AbortController();
  try {
    const registry = new Registry(store);
    const views = Views.open(store, stopViews.signal, (error) => {
      log.fatal('the views no longer follow the store', { error: errorText(error) });
      stop.because(error);
    });
    const transport = createMemoryTransport({ clock: systemClock, log });
    const shared = { ...world, plugins, transport, registry, views };
    let agent: Agent | undefined;
    const api = await createApi({
      ...shared,
      settings,
      serverInfo: () => [serverInfo(settings)],
      callIn: (name, report) => callIn(agent, settings, name, report),
    });
    const { address, port } = await api.listen();
    const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
    exportToCommands(folder, url, settings);
    const spawning = {
      limit: settings.spawn.limit,
      outputLimitBytes: settings.spawn.outputLimitBytes,
      clock: systemClock,
      log,
    };
    const spawner = createSpawner(spawning);
    const server = new Server({ ...shared, settings, spawner });
    const told = { ...settings, client: { ...settings.client, tocsin: { api: url } } };
    agent = createAgent({
      ...shared,
      settings: told,
      spawner: createSpawner(spawning),
      checks: checkPlugins(plugins),
    });
    await server.start();
    await agent.start();
    return { store, views, transport, spawner, server, agent, api, url, stopViews };
  } catch (error) {
    stopViews.abort();
    await store.close();
    throw error;
  }
}

/** Stops asking first, then listening, then telling; the store is last, so nothing is lost on the way. */
async function close(house: House): Promise<void> {
  await house.agent.stop();
  await house.server.stop(STOP_MS);
  await house.api.close();
  await house.spawner.close();
  await house.transport.close();
  house.stopViews.abort();
  await house.store.close();
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
