import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import {
  type Fingerprint,
  type LoadedSettings,
  loadingSteps,
  secretsOf,
  shownDocument,
} from '../../config/index.ts';
import { isAttributes } from '../../model/attributes.ts';
import { withoutRepeats } from '../../model/merge.ts';
import type { Attributes } from '../../model/schema.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log, LogLevel } from '../../runtime/log.ts';
import { createLog, type SystemLog } from '../../runtime/system/log.ts';
import {
  type ConfigurationOptions,
  configurationOf,
  loadConfiguration,
  lookAtConfiguration,
} from '../configuration.ts';
import { EXIT } from '../exit.ts';
import { takeInvitation } from '../joining/index.ts';
import { machineAddress, machineName } from '../machine.ts';
import { version } from '../version.ts';
import { startInBackground } from './background.ts';
import type { Origin } from './following.ts';
import { type Role, sensuErrors } from './sensu-errors.ts';
import { parseSensuFlags, type SensuFlags, sensuHelp } from './sensu-flags.ts';
import { dataFolder, runClient, runServer } from './sensu-roles.ts';

const ROLES: readonly string[] = ['server', 'client', 'api'] satisfies Role[];
const DEFAULT_FILE = '/etc/sensu/config.json';
const DEFAULT_FOLDER = '/etc/sensu/conf.d';

/** The role that the name of an executable stands for: its last word behind a dash; `server` for any other. */
export function roleOf(program: string): Role {
  const word =
    basename(program)
      .replace(/\.[cm]?[jt]s$/, '')
      .split('-')
      .at(-1) ?? '';
  return ROLES.includes(word) ? (word as Role) : 'server';
}

/** Runs `sensu-server`, `sensu-client` or `sensu-api`; resolves with the exit code. */
export async function runSensu(program: string, args: readonly string[]): Promise<number> {
  const role = roleOf(program);
  const command = parseSensuFlags(args);
  if (command.kind === 'help') return say(sensuHelp(`sensu-${role}`));
  if (command.kind === 'version') return say(`${version}\n`);
  if (command.kind === 'wrong') {
    say(`${command.why}\n`);
    return EXIT.failed;
  }
  const { flags } = command;
  const places = placesOf(flags, existsSync);
  const seen = await lookAtConfiguration(places);
  const loaded = await loadConfiguration(places);
  if (flags.validate) return validate(loaded, role);
  const log = openLog(flags);
  tellLoading(loaded, places, log);
  if (flags.extensionDir !== undefined)
    log.warn('ruby extensions do not run here', { directory: flags.extensionDir });
  if (flags.print) return print(loaded, role, log);
  try {
    return await start(role, { program, flags, places, seen, loaded, log });
  } catch (error) {
    return notRunning(log, [{ message: errorText(error) }]);
  }
}

function say(text: string): number {
  process.stdout.write(text);
  return EXIT.ok;
}

/** The places that flags name, or else Sensu's own where there is something. */
export function placesOf(flags: SensuFlags, exists: (path: string) => boolean): ConfigurationOptions {
  const { config = exists(DEFAULT_FILE) ? DEFAULT_FILE : undefined } = flags;
  const { configDirs = exists(DEFAULT_FOLDER) ? [DEFAULT_FOLDER] : undefined } = flags;
  return { config, configDir: configDirs };
}

function openLog({ log: file, logLevel = 'info' }: SensuFlags): SystemLog {
  const level = logLevel as LogLevel;
  const log = createLog({ level, destination: file === undefined ? 1 : resolve(file) });
  if (log.problem === undefined) return log;
  const instead = createLog({ level, destination: 1 });
  instead.error('log file is not writable', { log_file: file, error: log.problem });
  return instead;
}

function validate(loaded: LoadedSettings, role: Role): number {
  const errors = sensuErrors(loaded, role);
  if (errors.length === 0) return say('configuration is valid\n');
  say(`configuration is invalid\n${JSON.stringify({ errors }, null, 2)}\n`);
  return EXIT.usage;
}

/** What was read, in the order in which it was merged. (Sensu Core 1.9 documentation, "Logs".) */
function tellLoading(
  loaded: LoadedSettings,
  { config, configDir = [] }: ConfigurationOptions,
  log: Log,
): void {
  const { read } = loaded;
  if (
    config !== undefined &&
    read.warnings.some(({ file, line }) => file === resolve(config) && line === null)
  ) {
    if (!read.files.includes(resolve(config))) {
      log.warn('config file does not exist or is not readable', { file: config });
      log.warn('ignoring config file', { file: config });
    }
  }
  const told = new Set<string>();
  for (const { file, variable, changes } of loadingSteps(read)) {
    if (file === undefined) {
      log.warn('using an environment variable', { variable });
      continue;
    }
    for (const directory of configDir.filter(
      (one) => !told.has(one) && file.startsWith(`${resolve(one)}/`),
    )) {
      told.add(directory);
      log.warn('loading config files from directory', { directory });
    }
    log.warn('loading config file', { file });
    if (changes !== undefined) log.warn('config file applied changes', { file, changes });
  }
  for (const { file, line, path, message, hint } of loaded.warnings) {
    if (file !== null && line === null && path === '' && !read.files.includes(file)) continue;
    log.warn(message, { file, line, path, ...(hint === undefined ? {} : { hint }) });
  }
}

function print(loaded: LoadedSettings, role: Role, log: SystemLog): number {
  const errors = sensuErrors(loaded, role);
  for (const { message, ...details } of errors) log.error(message, details);
  log.warn('outputting compiled configuration and exiting');
  log.flush();
  say(`${JSON.stringify(printedDocument(role, loaded.read.document), null, 2)}\n`);
  return errors.length === 0 ? EXIT.ok : EXIT.usage;
}

/** What `--print_config` shows to a role: nothing that is secret, by the usual list and the client's own. */
export function printedDocument(role: Role, document: Attributes): Attributes {
  return shownDocument(documentFor(role, document), secretsOf(document));
}

/** A client shows itself complete; the other roles show what the files say, without what is ours. */
function documentFor(role: Role, document: Attributes): Attributes {
  const { api, client, ...rest } = document;
  const { cors: _, ...written } = isAttributes(api) ? api : {};
  const shown = { client, ...rest, ...(Object.keys(written).length > 0 ? { api: written } : {}) };
  if (role !== 'client' || !isAttributes(client)) return shown;
  const named = { name: machineName(), address: machineAddress(), ...client };
  const { subscriptions = [] } = client;
  if (!Array.isArray(subscriptions)) return { ...shown, client: named };
  const all = withoutRepeats([...subscriptions, `client:${String(named.name)}`]);
  return { ...shown, client: { ...named, subscriptions: all } };
}

/** What a role starts with. */
interface Start {
  program: string;
  flags: SensuFlags;
  places: ConfigurationOptions;
  /** What the places looked like before they were read. */
  seen: Fingerprint;
  loaded: LoadedSettings;
  log: SystemLog;
}

async function start(role: Role, parts: Start): Promise<number> {
  const { loaded, log, flags } = parts;
  if (role === 'api') return alone(role, '');
  const folder = dataFolder(role);
  const invitation = role === 'client' ? takeInvitation(folder, process.env) : undefined;
  const hasBroker = loaded.settings?.rabbitmq !== undefined;
  const isAlone = loaded.settings?.agent.servers.length === 0 && invitation === undefined && !hasBroker;
  if (role === 'client' && isAlone) return alone(role, FOR_A_CLIENT);
  // What is wrong with a check leaves that one out; what is wrong elsewhere is the end.
  if (loaded.problems) return notRunning(log, sensuErrors(loaded, role));
  if (flags.background) return background(parts, folder);
  const options = { origin: originOf(parts), folder, log, pidFile: flags.pidFile };
  return role === 'server' ? runServer(options) : runClient(options, invitation);
}

const FOR_A_CLIENT = '; on another machine, run the line that "tocsin join" prints on the server';

function alone(role: Role, otherwise: string): number {
  process.stderr.write(
    `sensu-${role}: in this version server, client and API of one machine run in one process: start sensu-server (or tocsin up) with the same -c and -d${otherwise}\n`,
  );
  return EXIT.usage;
}

function notRunning(log: SystemLog, errors: readonly { message: string }[]): number {
  for (const { message, ...details } of errors) log.fatal(message, details);
  log.fatal('SENSU NOT RUNNING!');
  log.flush();
  return EXIT.usage;
}

function background({ program, flags, log }: Start, folder: string): number {
  log.flush();
  startInBackground(program, flags, { TOCSIN_DATA: folder });
  return EXIT.ok;
}

function originOf({ places, seen, loaded, log }: Start): Origin {
  const configuration = configurationOf(loaded);
  for (const [check, mistakes] of configuration.settings.skippedChecks)
    log.warn('this check is left out', { check, mistakes });
  return { configuration, places, seen };
}
