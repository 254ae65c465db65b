import type { Command, Option } from 'commander';
import type { ConfigurationOptions } from '../configuration.ts';

/** A word that can stand next, and what it means. */
export interface Candidate {
  word: string;
  meaning: string;
}

/** Names that only a running Tocsin knows. */
export type ServerNames =
  | 'clients'
  | 'checks'
  | 'events'
  | 'silences'
  | 'aggregates'
  | 'stashes'
  | 'users'
  | 'tokens'
  | 'dead letters';
/** Names that stand in the files of the command line. */
export type FileNames = 'configured checks' | 'configured handlers' | 'configured paths';

/** What the line says so far: the word that is begun, and the files. */
export interface Line extends ConfigurationOptions {
  begun: string;
}

export type NameSource = (kind: ServerNames | FileNames, line: Line) => Promise<string[]>;

/** What may be written next in a search: the words that can stand in the place of the last one. */
export type QuerySource = (subject: string, words: readonly string[]) => Promise<Candidate[]>;

/** What an argument's name in the help, or with its command's before it, says of the names that fit. */
const SOURCES: Readonly<Record<string, Parameters<NameSource>[0]>> = {
  client: 'clients',
  'client/check': 'events',
  'client[/check]': 'clients',
  check: 'checks',
  id: 'silences',
  aggregate: 'aggregates',
  user: 'users',
  token: 'tokens',
  delivery: 'dead letters',
  'check name': 'configured checks',
  'handler name': 'configured handlers',
  'config path': 'configured paths',
  'stash path': 'stashes',
};

/**
 * What can stand in the place of the last word of a command line: commands, flags, and names that the server knows.
 * @param words what stands behind `tocsin`, the last one begun or empty
 */
export async function candidates(
  program: Command,
  words: readonly string[],
  names: NameSource,
  queries: QuerySource,
): Promise<Candidate[]> {
  const begun = words.at(-1) ?? '';
  const { command, option, given, files } = follow(program, words.slice(0, -1));
  const known: Known = (what) => named(what, names, { ...files, begun });
  const found = option ? await valuesOf(option, known) : await nextWords(command, begun, given.length, known);
  const query = option || begun.startsWith('-') ? undefined : queryIn(command, given);
  if (query) found.push(...(await queries(query.subject, [...query.words, begun])));
  return found.filter(({ word }) => word.startsWith(begun));
}

/** The search that the next word belongs to: what it looks among, and its words so far. */
function queryIn(
  command: Command,
  given: readonly string[],
): { subject: string; words: readonly string[] } | undefined {
  const [first, second] = command.registeredArguments;
  if (first?.name() === 'client/check' && first.variadic) return { subject: 'events', words: given };
  const [subject, ...words] = given;
  return second?.name() === 'query' && subject !== undefined ? { subject, words } : undefined;
}

/** What names there are for an argument or a flag. */
type Known = (what: string) => Promise<Candidate[]>;

/** What the words have come to: a command, the flag that waits for its value, the arguments, and the files. */
function follow(
  program: Command,
  words: readonly string[],
): { command: Command; option: Option | undefined; given: string[]; files: ConfigurationOptions } {
  let command = program;
  let option: Option | undefined;
  const given: string[] = [];
  const values: Record<string, string[]> = {};
  for (const word of words) {
    if (option) {
      const name = option.attributeName();
      values[name] = [...(values[name] ?? []), word];
      option = undefined;
    } else if (word.startsWith('-')) {
      option = command.options.find(
        (one) => (one.short === word || one.long === word) && (one.required || one.optional),
      );
    } else {
      const next =
        given.length === 0 ? command.commands.find((one) => namesOf(one).includes(word)) : undefined;
      if (next) command = next;
      else given.push(word);
    }
  }
  const { config, configDir } = values;
  return { command, option, given, files: { config: config?.at(-1), configDir } };
}

function namesOf(command: Command): string[] {
  return [command.name(), ...command.aliases()];
}

async function nextWords(
  command: Command,
  begun: string,
  position: number,
  known: Known,
): Promise<Candidate[]> {
  if (begun.startsWith('-')) {
    return command.options
      .filter(({ hidden }) => !hidden)
      .map(({ long, short, description }) => ({ word: long ?? short ?? '', meaning: description }));
  }
  const commands = position === 0 ? command.createHelp().visibleCommands(command) : [];
  const given = command.registeredArguments;
  const argument = given[position] ?? (given.at(-1)?.variadic ? given.at(-1) : undefined);
  const own = argument ? await known(`${command.parent?.name()} ${argument.name()}`) : [];
  const found = argument && own.length === 0 ? await known(argument.name()) : own;
  const choices = (argument?.argChoices ?? []).map((word) => ({ word, meaning: '' }));
  return [...commands.map((one) => ({ word: one.name(), meaning: one.description() })), ...choices, ...found];
}

async function valuesOf(option: Option, known: Known): Promise<Candidate[]> {
  if (option.argChoices) return option.argChoices.map((word) => ({ word, meaning: '' }));
  return known(option.attributeName());
}

async function named(what: string, names: NameSource, line: Line): Promise<Candidate[]> {
  const source = SOURCES[what];
  return source ? (await names(source, line)).map((word) => ({ word, meaning: '' })) : [];
}
