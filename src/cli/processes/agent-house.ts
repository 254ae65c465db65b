import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createAgent } from '../../agent/index.ts';
import { openSpool } from '../../agent/spool/index.ts';
import type { LoadedSettings, Settings } from '../../config/index.ts';
import { sleep, unixSeconds } from '../../runtime/clock.ts';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Transport } from '../../transport/index.ts';
import { createWebsocketTransport } from '../../transport/websocket/index.ts';
import { checkPlugins, configurationOf, type Objection, withObjections } from '../configuration.ts';
import type { Invitation } from '../joining/index.ts';
import { agentTls } from './certificates.ts';
import { spawnerOf, tellFiles } from './environment.ts';
import { CONFIGURATION_CHECK, type Finding } from './finding.ts';
import { lockFolder } from './folder-lock.ts';
import { followConfiguration, type Origin } from './following.ts';
import { openRabbitmq } from './rabbitmq.ts';
import type { Reloadable } from './signals.ts';
import type { Closer } from './stopping.ts';
import { type World, worldOf } from './world.ts';

/** So long a start waits for a server, so that its first keepalive is not sent in vain. */
const FIRST_CONNECTION_MS = 3_000;
const LOOK_MS = 20;

/** What a process with an agent alone is made of. */
export interface AgentHouseOptions {
  origin: Origin;
  /** By which it was let in somewhere; undefined: never. */
  invitation: Invitation | undefined;
  /** Absolute path of the data folder. */
  folder: string;
  log: Log;
}

/** A running agent, and whom it serves. */
export interface AgentHouse extends Reloadable {
  client: string;
  servers: readonly string[];
  /** Whether there is a connection to a server now. */
  connected(): boolean;
}

/** Opens everything, and notes in `closers` how it ends: the last opened is closed first. */
export async function openAgentHouse(options: AgentHouseOptions, closers: Closer[]): Promise<AgentHouse> {
  const { origin, folder, log } = options;
  const { settings, plugins } = origin.configuration;
  const world = worldOf(log);
  const live = { settings };
  const servers = serversOf(settings, options.invitation);
  closers.push(await lockFolder(folder));
  const transport = openTransport(options, world, live, servers);
  closers.push(() => transport.close());
  const files = tellFiles({ folder, log, settings, service: 'client' }, closers);
  const spool = await openSpool({
    ...world,
    folder: resolve(folder, 'spool'),
    mostBytes: settings.agent.spoolBytes,
  });
  const checks = checkPlugins(plugins);
  const agent = createAgent({
    ...world,
    transport,
    settings,
    spawner: spawnerOf(settings, world),
    checks,
    spool,
  });
  closers.push(() => agent.stop());
  await firstConnection(transport, world);
  await agent.start();
  const findings = new AgentFindings(folder, log, ({ status, output }) => {
    const now = unixSeconds(world.clock);
    const times = { issued: now, executed: now, duration: 0 };
    agent.report({ name: CONFIGURATION_CHECK, type: 'standard', status, output, ...times });
  });
  const reloader = await followConfiguration(
    {
      origin,
      settings,
      log,
      report: (finding) => findings.report(finding),
      refine,
      apply: async (next, nextPlugins) => {
        files.write(next.files);
        await agent.reload(next, checkPlugins(nextPlugins));
        live.settings = next;
      },
    },
    closers,
  );
  return {
    client: settings.client.name,
    servers,
    connected: () => transport.connected,
    reload: (why) => reloader.reload(why),
  };
}

/** What is configured counts before what an invitation says. */
function serversOf({ agent, rabbitmq }: Settings, invitation: Invitation | undefined): readonly string[] {
  if (rabbitmq) return rabbitmq.brokers.map(({ host, port }) => `RabbitMQ at ${host}:${port}`);
  const servers = agent.servers.length > 0 ? agent.servers : (invitation?.servers ?? []);
  if (servers.length > 0) return servers;
  throw new TocsinError(
    'CONFIG_INVALID',
    'This agent knows no server: run "tocsin join" on the server, and the line that it prints here; or set "tocsin.agent.servers".',
  );
}

function openTransport(
  { origin, invitation }: AgentHouseOptions,
  world: World,
  live: { settings: Settings },
  servers: readonly string[],
): Transport {
  const { configuration } = origin;
  const { settings } = configuration;
  if (settings.rabbitmq) return openRabbitmq(settings.rabbitmq, world);
  const objections: Objection[] = [];
  const tls = agentTls(settings, objections);
  configurationOf(withObjections({ ...configuration, warnings: [] }, objections));
  // Who says whom to believe means servers of his own, or the same ones with another certificate.
  const pinned = settings.agent.servers.length === 0 && settings.agent.authority === undefined;
  return createWebsocketTransport({
    ...world,
    client: settings.client.name,
    servers,
    token: () => live.settings.agent.token ?? invitation?.token,
    tls: { ...tls, fingerprint: pinned ? invitation?.fingerprint : undefined },
  });
}

/** Resolves when there is a server, or when it is time to go on without one. */
async function firstConnection(transport: Transport, { clock }: World): Promise<void> {
  const endMs = clock.elapsed() + FIRST_CONNECTION_MS;
  while (!transport.connected && clock.elapsed() < endMs) await sleep(clock, LOOK_MS);
}

/** A reload that would leave the agent with files it cannot use is none. */
function refine(loaded: LoadedSettings): LoadedSettings {
  if (!loaded.settings) return loaded;
  const objections: Objection[] = [];
  agentTls(loaded.settings, objections);
  return withObjections(loaded, objections);
}

/**
 * Reports how the configuration was found. A server's answer to that is not known here, so a file in the data folder
 * remembers that something was wrong: what never was is not mentioned, and what was mended while nothing ran is.
 */
class AgentFindings {
  readonly #mark: string;
  readonly #log: Log;
  readonly #send: (finding: Finding) => void;

  constructor(folder: string, log: Log, send: (finding: Finding) => void) {
    this.#mark = resolve(folder, 'configuration_wrong');
    this.#log = log;
    this.#send = send;
  }

  async report(finding: Finding): Promise<void> {
    if (finding.status === 0 && !existsSync(this.#mark)) return;
    this.#send(finding);
    try {
      if (finding.status === 0) rmSync(this.#mark, { force: true });
      else writeFileSync(this.#mark, '');
    } catch (error) {
      this.#log.warn('it could not be noted how the configuration was found', { error: errorText(error) });
    }
  }
}
