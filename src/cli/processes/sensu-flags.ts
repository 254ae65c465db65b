import { resolve } from 'node:path';

/** The flags of a command of Sensu, in their last meaning. */
export interface SensuFlags {
  config?: string;
  configDirs?: string[];
  validate?: boolean;
  print?: boolean;
  extensionDir?: string;
  log?: string;
  logLevel?: string;
  background?: boolean;
  pidFile?: string;
}

/** What a command line comes to. */
export type SensuCommand =
  | { kind: 'help' }
  | { kind: 'version' }
  /** It cannot be understood: a sentence for standard error. */
  | { kind: 'wrong'; why: string }
  | { kind: 'run'; flags: SensuFlags };

interface Flag {
  short?: string;
  long: string;
  argument?: string;
  help: string;
  /** The member that it sets: to its argument, or to true when it takes none; or what it sets else. */
  sets?: Stored | Marked | ((flags: SensuFlags, value: string) => void);
}

type Marked = 'validate' | 'print' | 'background';
type Stored = 'config' | 'extensionDir' | 'log' | 'pidFile';

const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'];

/** (Sensu Core 1.9 documentation, "Command line options".) */
const FLAGS: readonly Flag[] = [
  { short: 'h', long: 'help', help: 'show this text' },
  { short: 'V', long: 'version', help: 'show the version' },
  {
    short: 'c',
    long: 'config',
    argument: 'FILE',
    help: 'JSON configuration file (/etc/sensu/config.json if it is there)',
    sets: 'config',
  },
  {
    short: 'd',
    long: 'config_dir',
    argument: 'DIR[,DIR]',
    help: 'folders of such files, commas between them (/etc/sensu/conf.d if it is there)',
    sets: (flags, value) => {
      flags.configDirs = value.split(',').filter((folder) => folder !== '');
    },
  },
  {
    long: 'validate_config',
    help: 'say whether the configuration is valid, and end',
    sets: 'validate',
  },
  {
    short: 'P',
    long: 'print_config',
    help: 'show the merged configuration without its secrets, and end',
    sets: 'print',
  },
  {
    short: 'e',
    long: 'extension_dir',
    argument: 'DIR',
    help: 'taken and not used: Ruby extensions do not run here',
    sets: 'extensionDir',
  },
  {
    short: 'l',
    long: 'log',
    argument: 'FILE',
    help: 'append the log to FILE instead of standard output',
    sets: 'log',
  },
  {
    short: 'L',
    long: 'log_level',
    argument: 'LEVEL',
    help: `${LEVELS.join(', ')} (info)`,
    sets: (flags, value) => {
      flags.logLevel = value.toLowerCase();
    },
  },
  {
    short: 'v',
    long: 'verbose',
    help: 'the same as -L debug; the later of the two counts',
    sets: (flags) => {
      flags.logLevel = 'debug';
    },
  },
  {
    short: 'b',
    long: 'background',
    help: 'go on in the background',
    sets: 'background',
  },
  {
    short: 'p',
    long: 'pid_file',
    argument: 'FILE',
    help: 'write the number of the process to FILE',
    sets: 'pidFile',
  },
];

/** Reads the flags one after the other, so that help, the version or a mistake ends it where it stands. */
export function parseSensuFlags(args: readonly string[]): SensuCommand {
  const flags: SensuFlags = {};
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') break;
    // Words that are no flags were never looked at.
    if (!word.startsWith('-') || word === '-') continue;
    const ended = word.startsWith('--') ? takeLong(word, rest, flags) : takeShort(word, rest, flags);
    if (ended) return ended;
  }
  return { kind: 'run', flags };
}

function takeLong(word: string, rest: string[], flags: SensuFlags): SensuCommand | undefined {
  const [, name = '', given] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const exact = FLAGS.filter(({ long }) => long === name);
  const found = exact.length > 0 ? exact : FLAGS.filter(({ long }) => name !== '' && long.startsWith(name));
  const [flag] = found;
  if (!flag) return { kind: 'wrong', why: `invalid option: ${word}` };
  if (found.length > 1) return { kind: 'wrong', why: `ambiguous option: ${word}` };
  if (flag.argument === undefined && given !== undefined)
    return { kind: 'wrong', why: `needless argument: ${word}` };
  return takeFlag(flag, word, given, rest, flags);
}

/** `-vb`, `-c FILE` and `-cFILE` alike. */
function takeShort(word: string, rest: string[], flags: SensuFlags): SensuCommand | undefined {
  for (let index = 1; index < word.length; index++) {
    const flag = FLAGS.find(({ short }) => short === word[index]);
    if (!flag) return { kind: 'wrong', why: `invalid option: -${word[index]}` };
    const attached = flag.argument === undefined ? '' : word.slice(index + 1);
    const ended = takeFlag(flag, `-${word[index]}`, attached === '' ? undefined : attached, rest, flags);
    if (ended || flag.argument !== undefined) return ended;
  }
  return undefined;
}

function takeFlag(
  flag: Flag,
  word: string,
  given: string | undefined,
  rest: string[],
  flags: SensuFlags,
): SensuCommand | undefined {
  if (flag.long === 'help' || flag.long === 'version') return { kind: flag.long };
  const value = flag.argument === undefined ? '' : (given ?? rest.shift());
  if (value === undefined) return { kind: 'wrong', why: `missing argument: ${word}` };
  set(flag, value, flags);
  if (flag.long === 'log_level' && !LEVELS.includes(value.toLowerCase()))
    return { kind: 'wrong', why: `Unknown log level: ${value}` };
  return undefined;
}

function set({ sets }: Flag, value: string, flags: SensuFlags): void {
  if (typeof sets === 'function') sets(flags, value);
  else if (sets === 'validate' || sets === 'print' || sets === 'background') flags[sets] = true;
  else if (sets) flags[sets] = value;
}

/** The usage of a command of that name. */
export function sensuHelp(name: string): string {
  const lines = FLAGS.map(({ short, long, argument, help }) => {
    const left = `${short === undefined ? '    ' : `-${short}, `}--${long}${argument === undefined ? '' : ` ${argument}`}`;
    return `    ${left.padEnd(32)} ${help}\n`;
  });
  return `Usage: ${name} [options]\n${lines.join('')}`;
}

/** The flags as a command line without `-b`, with every path absolute, for a process that stands elsewhere. */
export function argumentsOf(flags: SensuFlags): string[] {
  const { config, configDirs, extensionDir, log, logLevel, pidFile } = flags;
  return [
    ...(config === undefined ? [] : ['--config', resolve(config)]),
    ...(configDirs === undefined
      ? []
      : ['--config_dir', configDirs.map((folder) => resolve(folder)).join(',')]),
    ...(extensionDir === undefined ? [] : ['--extension_dir', resolve(extensionDir)]),
    ...(log === undefined ? [] : ['--log', resolve(log)]),
    ...(logLevel === undefined ? [] : ['--log_level', logLevel]),
    ...(pidFile === undefined ? [] : ['--pid_file', resolve(pidFile)]),
  ];
}
