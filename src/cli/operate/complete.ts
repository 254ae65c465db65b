import type { Command, Option } from 'commander';

/** A word that can stand next, and what it means. */
export interface Candidate {
  word: string;
  meaning: string;
}

/** Names that only a running Tocsin knows. */
export type NameSource = (
  kind: 'clients' | 'checks' | 'events' | 'silences' | 'aggregates',
) => Promise<string[]>;

/** What may be written next in a search: the words that can stand in the place of the last one. */
export type QuerySource = (subject: string, words: readonly string[]) => Promise<Candidate[]>;

/** What an argument's name in the help says of the names that fit. */
const SOURCES: Readonly<Record<string, Parameters<NameSource>[0]>> = {
  client: 'clients',
  'client/check': 'events',
  'client[/check]': 'clients',
  check: 'checks',
  id: 'silences',
  aggregate: 'aggregates',
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
  const { command, option, given } = follow(program, words.slice(0, -1));
  const found = option ? await valuesOf(option, names) : await nextWords(command, begun, given.length, names);
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

/** The command that the words have come to, the flag that waits for its value, and the arguments that stand there. */
function follow(
  program: Command,
  words: readonly string[],
): { command: Command; option: Option | undefined; given: string[] } {
  let command = program;
  let option: Option | undefined;
  const given: string[] = [];
  for (const word of words) {
    if (option) {
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
  return { command, option, given };
}

function namesOf(command: Command): string[] {
  return [command.name(), ...command.aliases()];
}

async function nextWords(
  command: Command,
  begun: string,
  position: number,
  names: NameSource,
): Promise<Candidate[]> {
  if (begun.startsWith('-')) {
    return command.options
      .filter(({ hidden }) => !hidden)
      .map(({ long, short, description }) => ({ word: long ?? short ?? '', meaning: description }));
  }
  const commands = position === 0 ? command.createHelp().visibleCommands(command) : [];
  const given = command.registeredArguments;
  const argument = given[position] ?? (given.at(-1)?.variadic ? given.at(-1) : undefined);
  const known = argument ? await named(argument.name(), names) : [];
  const choices = (argument?.argChoices ?? []).map((word) => ({ word, meaning: '' }));
  return [...commands.map((one) => ({ word: one.name(), meaning: one.description() })), ...choices, ...known];
}

async function valuesOf(option: Option, names: NameSource): Promise<Candidate[]> {
  if (option.argChoices) return option.argChoices.map((word) => ({ word, meaning: '' }));
  return named(option.attributeName(), names);
}

async function named(what: string, names: NameSource): Promise<Candidate[]> {
  const source = SOURCES[what];
  return source ? (await names(source)).map((word) => ({ word, meaning: '' })) : [];
}
