import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { type Agent, createAgent } from '../../agent/index.ts';
import { type Api, createApi, type ServerInfo } from '../../api/index.ts';
import { type Fingerprint, fingerprintOf, type Settings } from '../../config/index.ts';
import { unixSeconds } from '../../runtime/clock.ts';
import { Counters } from '../../runtime/counters.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import { systemRandom } from '../../runtime/system/random.ts';
import { createSpawner } from '../../runtime/system/spawner/index.ts';
import { Server } from '../../server/index.ts';
import { Registry } from '../../state/registry.ts';
import { Views } from '../../state/views.ts';
import { openEmbeddedStore } from '../../store/index.ts';
import { createMemoryTransport, type Transport } from '../../transport/index.ts';
import {
  type Configuration,
  type ConfigurationOptions,
  checkPlugins,
  configSources,
  loadConfiguration,
} from '../configuration.ts';
import { machineAddress, machineName } from '../machine.ts';
import { version } from '../version.ts';
import { FindingReporter, findingOf } from './finding.ts';
import { LOADED_FILES_VARIABLE, LoadedFiles } from './loaded-files.ts';
import { Reloader } from './reload.ts';
import type { Closer, Stop } from './stopping.ts';
import { Watch } from './watch.ts';

/** Deliveries in hand get this long to end when we stop; the others are carried out at the next start. */
const STOP_MS = 5_000;

/** What a process that runs every role is made of. */
export interface HouseOptions {
  configuration: Configuration;
  /** Where the configuration is read from again. */
  places: ConfigurationOptions;
  /** What those places looked like before it was read. */
  seen: Fingerprint;
  /** Port of the API, instead of the configured one; 0 takes any. */
  port?: number | undefined;
  /** Absolute path of the data folder. */
  folder: string;
  log: Log;
  stop: Stop;
}

/** Server, agent and API in one process. */
export interface House {
  views: Views;
  url: string;
  /** Reads the configuration again and takes up what is valid; resolves when that has ended. Never rejects. */
  reload(why: string): Promise<void>;
}

/** What is opened first, and everything else stands on. */
type Ground = ReturnType<typeof openGround> extends Promise<infer Parts> ? Parts : never;

/**
 * Opens everything in the order in which each needs the one before, and notes in `closers` how it ends. They are
 * closed the other way round: asking stops first, then listening, then telling; the store is last, so nothing is lost
 * on the way.
 */
export async function openHouse(options: HouseOptions, closers: Closer[]): Promise<House> {
  const { configuration, folder, log } = options;
  const { plugins } = configuration;
  const settings = withPort(configuration.settings, options.port);
  const ground = await openGround(settings, options, closers);
  const current = { settings, agent: undefined as Agent | undefined };
  const api = await createApi({
    ...ground,
    settings,
    serverInfo: () => [serverInfo(current.settings)],
    callIn: (name, report) => callIn(current, name, report),
  });
  closers.push(() => api.close());
  const { address, port } = await api.listen();
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  const files = loadedFiles(folder, log);
  closers.push(() => files.remove());
  files.write(settings.files);
  exportToCommands(folder, url, settings, files);
  const { limit, outputLimitBytes } = settings.spawn;
  const spawning = { limit, outputLimitBytes, clock: systemClock, log };
  const spawner = createSpawner(spawning);
  closers.push(() => spawner.close());
  const server = new Server({ ...ground, plugins, settings, spawner });
  closers.push(() => server.stop(STOP_MS));
  const running = createAgent({
    ...ground,
    settings: withAddress(settings, url),
    spawner: createSpawner(spawning),
    checks: checkPlugins(plugins),
  });
  current.agent = running;
  closers.push(() => running.stop());
  await server.start();
  await running.start();
  const reloader = reloading(options, ground, { current, api, server, agent: running, files, url });
  await watchPlaces(options, reloader, closers);
  return { views: ground.views, url, reload: (why) => reloader.reload(why) };
}

async function openGround(settings: Settings, { folder, log, stop }: HouseOptions, closers: Closer[]) {
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
  const transport: Transport = createMemoryTransport({ clock: systemClock, log });
  closers.push(() => transport.close());
  return { ...world, transport, registry, views };
}

/** What a reload reaches. */
interface Running {
  current: { settings: Settings };
  api: Api;
  server: Server;
  agent: Agent;
  files: LoadedFiles;
  url: string;
}

/** Reloads everything that runs, and reports how the configuration was found, first of all at the start. */
function reloading(options: HouseOptions, ground: Ground, running: Running): Reloader {
  const { log, places, port, configuration } = options;
  const { current, api, server, agent, files, url } = running;
  const { settings } = current;
  const reporter = new FindingReporter({ ...ground, client: () => current.settings.client });
  void reporter.report(findingOf({ settings: configuration.settings }));
  return new Reloader({
    settings,
    log,
    report: (finding) => reporter.report(finding),
    load: async () => {
      const loaded = await loadConfiguration(places);
      return loaded.settings ? { ...loaded, settings: withPort(loaded.settings, port) } : loaded;
    },
    apply: async (next, plugins) => {
      files.write(next.files);
      await server.reload(next, plugins);
      await agent.reload(withAddress(next, url), checkPlugins(plugins));
      api.reload(next);
      current.settings = next;
    },
  });
}

async function watchPlaces(options: HouseOptions, reloader: Reloader, closers: Closer[]): Promise<void> {
  const { file, directories } = configSources(options.places);
  if (file === undefined && directories === undefined) return;
  const watch = new Watch({
    seen: options.seen,
    look: () => fingerprintOf({ file, directories }),
    changed: () => void reloader.reload('its files have changed'),
  });
  closers.push(() => watch.close());
  await watch.start();
}

function withPort(settings: Settings, port: number | undefined): Settings {
  return port === undefined ? settings : { ...settings, api: { ...settings.api, port } };
}

/** The client tells its checks where the API is. */
function withAddress(settings: Settings, url: string): Settings {
  return { ...settings, client: { ...settings.client, tocsin: { api: url } } };
}

function loadedFiles(folder: string, log: Log): LoadedFiles {
  const copyFolder = process.env['SENSU_LOADED_TEMPFILE_DIR'];
  return new LoadedFiles({ folder, service: 'server', copyFolder, log });
}

/** Checks, handlers and mutators are told where things are. */
function exportToCommands(folder: string, url: string, settings: Settings, files: LoadedFiles): void {
  process.env['TOCSIN_DATA'] = folder;
  process.env['TOCSIN_API_URL'] = url;
  process.env[LOADED_FILES_VARIABLE] = files.path;
  const { user, password } = settings.api;
  const credentials =
    user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? '')}@`;
  process.env['SENSU_API_URL'] = url.replace('://', `://${credentials}`);
}

function callIn(
  { settings, agent }: { settings: Settings; agent: Agent | undefined },
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
