import { type Access, accessOf, openAccess } from '../../access/index.ts';
import { type Agent, createAgent } from '../../agent/index.ts';
import type { Api } from '../../api/index.ts';
import type { LoadedSettings, Settings } from '../../config/index.ts';
import type { Log } from '../../runtime/log.ts';
import { Server } from '../../server/index.ts';
import { SelfReports, selfClientName } from '../../state/self-reports.ts';
import type { Views } from '../../state/views.ts';
import { checkPlugins, configurationOf, type Objection, withObjections } from '../configuration.ts';
import { portTls } from './certificates.ts';
import { type DoorParts, openDoor } from './door.ts';
import { spawnerOf, tellAddress, tellFiles } from './environment.ts';
import { CONFIGURATION_CHECK, type Finding } from './finding.ts';
import { followConfiguration, type Origin, withPort } from './following.ts';
import { type Ground, openGround } from './ground.ts';
import { accessReport, strangersObjection } from './reach.ts';
import { serverInfo } from './server-info.ts';
import type { Reloadable } from './signals.ts';
import type { Closer, Stop } from './stopping.ts';

/** Deliveries in hand get this long to end when we stop; the others are carried out at the next start. */
const STOP_MS = 5_000;

/** What a process with a server in it is made of. */
export interface ServerHouseOptions {
  origin: Origin;
  /** Port of the API and of agents, instead of the configured one; 0 takes any. */
  port?: number | undefined;
  /** Absolute path of the data folder. */
  folder: string;
  log: Log;
  /** True: this machine is a client too, and its agent runs here. */
  withAgent: boolean;
  /** False: the port is for agents alone. */
  withApi: boolean;
  /** True: it may listen where strangers reach it, as Sensu does, and says so in an event. */
  sensuCompatible: boolean;
}

/** A running server, and where it answers. */
export interface ServerHouse extends Reloadable {
  views: Views;
  url: string;
}

/** What changes while it runs. */
interface Live {
  /** In force now. */
  settings: Settings;
  /** Of this machine, once it runs. */
  agent: Agent | undefined;
  /** Once it is there. */
  server: Server | undefined;
}

/**
 * Opens everything in the order in which each needs the one before, and notes in `closers` how it ends. They are
 * closed the other way round: asking stops first, then listening, then telling; the store is last, so nothing is lost
 * on the way.
 */
export async function openServerHouse(
  options: ServerHouseOptions,
  stop: Stop,
  closers: Closer[],
): Promise<ServerHouse> {
  const { origin, folder, log } = options;
  const { plugins } = origin.configuration;
  const settings = withPort(origin.configuration.settings, options.port);
  const ground = await openGround(settings, { folder, log, stop }, closers);
  const live: Live = { settings, agent: undefined, server: undefined };
  const access = openAccess({ ...ground, api: () => live.settings.api });
  closers.push(() => access.close());
  const guarded = ({ api }: Settings): boolean => accessOf(ground.registry.store, api).api;
  const door = await openDoor(
    doorParts(options, ground, { live, access, guarded: guarded(settings) }),
    closers,
  );
  const { url } = door;
  const files = tellFiles({ folder, log, settings, service: 'server' }, closers);
  tellAddress(url, settings.api);
  const spawner = spawnerOf(settings, ground);
  closers.push(() => spawner.close());
  const agents = (): number => door.gateway.connections().length;
  const server = new Server({ ...ground, plugins, settings, spawner, agents });
  live.server = server;
  closers.push(() => server.stop(STOP_MS));
  // Agents are told that we leave while what they have sent can still be taken and answered.
  closers.push(() => door.gateway.close());
  await server.start();
  if (options.withAgent) live.agent = await startAgent(options, ground, { settings, url }, closers);
  const reports = new SelfReports({
    ...ground,
    client: () => ({ name: selfClientName(live.settings.server.name) }),
  });
  void reports.report(accessReport(settings, guarded(settings)));
  const reloader = await followConfiguration(
    {
      origin,
      settings,
      log,
      report: findingReporter(options, ground, { live, reports }),
      refine: (loaded) => refined(loaded, live, options, guarded),
      renew: (wanted) => renewTls(wanted, door.api),
      apply: async (next, nextPlugins) => {
        files.write(next.files);
        await server.reload(next, nextPlugins);
        await live.agent?.reload(withAddress(next, url), checkPlugins(nextPlugins));
        door.api.reload(next);
        live.settings = next;
        void reports.report(accessReport(next, guarded(next)));
      },
    },
    closers,
  );
  return { views: ground.views, url, reload: (why) => reloader.reload(why) };
}

/** The port, when nothing speaks against opening it; throws CONFIG_INVALID with what does. */
function doorParts(
  { origin, withApi, sensuCompatible, folder }: ServerHouseOptions,
  ground: Ground,
  { live, access, guarded }: { live: Live; access: Access; guarded: boolean },
): DoorParts {
  const objections: Objection[] = [];
  const tls = portTls(live.settings, objections);
  if (!sensuCompatible) objections.push(...strangersObjection(live.settings, guarded));
  configurationOf(withObjections({ ...origin.configuration, warnings: [] }, objections));
  return {
    ...ground,
    tls,
    get settings() {
      return live.settings;
    },
    access,
    metricsOnly: !withApi,
    backupFolder: folder,
    self: () => live.server?.self(),
    serverInfo: () => [serverInfo(live.settings)],
    callIn: (name, report) => callIn(live, name, report),
  };
}

async function startAgent(
  { origin }: ServerHouseOptions,
  ground: Ground,
  { settings, url }: { settings: Settings; url: string },
  closers: Closer[],
): Promise<Agent> {
  const agent = createAgent({
    ...ground,
    settings: withAddress(settings, url),
    spawner: spawnerOf(settings, ground),
    checks: checkPlugins(origin.configuration.plugins),
  });
  closers.push(() => agent.stop());
  await agent.start();
  return agent;
}

/** Findings are results of this machine's client; a server that has none here reports them about itself. */
function findingReporter(
  { withAgent }: ServerHouseOptions,
  ground: Ground,
  { live, reports }: { live: Live; reports: SelfReports },
): (finding: Finding) => Promise<void> {
  const reporter = withAgent ? new SelfReports({ ...ground, client: () => live.settings.client }) : reports;
  return (finding) => reporter.report({ check: CONFIGURATION_CHECK, ...finding });
}

/** As this process would take it up: what a flag or the start has set stays, and what it cannot serve with is told. */
function refined(
  loaded: LoadedSettings,
  { settings: { api } }: Live,
  { port, sensuCompatible }: ServerHouseOptions,
  guarded: (settings: Settings) => boolean,
): LoadedSettings {
  if (!loaded.settings) return loaded;
  const settings = withPort(loaded.settings, port);
  const objections: Objection[] = [];
  portTls(settings, objections);
  const served = { ...settings, api: { ...settings.api, bind: api.bind } };
  if (!sensuCompatible) objections.push(...strangersObjection(served, guarded(served)));
  return withObjections({ ...loaded, settings }, objections);
}

/** The files of the certificate may be new although their names are not. */
function renewTls(settings: Settings, api: Api): void {
  const objections: Objection[] = [];
  const tls = portTls(settings, objections);
  if (tls && objections.length === 0) api.renew(tls);
}

/** The client tells its checks where the API is. */
function withAddress(settings: Settings, url: string): Settings {
  return { ...settings, client: { ...settings.client, tocsin: { api: url } } };
}

function callIn(
  { settings, agent }: Live,
  name: string,
  report: { status: number; output: string },
): boolean {
  if (!agent || settings.checks.get(name)?.extension !== 'heartbeat') return false;
  agent.callIn(name, report);
  return true;
}
