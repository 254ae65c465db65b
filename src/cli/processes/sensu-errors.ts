import type { ConfigProblem, LoadedSettings } from '../../config/index.ts';
import { secretsOf, shownDocument } from '../../config/index.ts';
import { isAttributes, memberOf, valueAt } from '../../model/attributes.ts';
import type { Attributes } from '../../model/schema.ts';

/** The processes of Sensu. */
export type Role = 'server' | 'client' | 'api';

/** A mistake as `--validate_config` prints it: the definition and a sentence, or for a file what is wrong with it. */
export interface SensuError {
  object?: Attributes;
  message: string;
  [detail: string]: unknown;
}

const NAMED: Readonly<Record<string, string>> = {
  checks: 'check',
  filters: 'filter',
  mutators: 'mutator',
  handlers: 'handler',
  extensions: 'extension',
};

/** What we say is expected → how Sensu says it, and what others match on. */
const WORDS: readonly [RegExp, string][] = [
  [/^a whole number .*above 0/, 'must be an integer greater than 0'],
  [/^a whole number|^a port/, 'must be an integer'],
  [/^a number/, 'must be numeric'],
  [/^true or false/, 'must be boolean'],
  [/^an array/, 'must be an array'],
  [/^an? (object|either)|either "attributes"/, 'must be a hash'],
  [/^(a|the) (string|shell command|handler|filter|mutator|name of)/, 'must be a string'],
];

/**
 * What is wrong, for a process of that role: a client does not judge `api`, nor the API `client`. While a file cannot
 * be read, nothing else is told, for it may be mended in that file.
 */
export function sensuErrors(loaded: LoadedSettings, role: Role): SensuError[] {
  const problems = loaded.problems ?? [...loaded.settings.skippedChecks.values()].flat();
  const unread = loaded.read.problems;
  if (unread.length > 0) return unread.map(loadError);
  const own = problems.filter(({ path }) => concerns(path, role));
  return own.map((problem) => ruleError(problem, loaded.read.document));
}

function concerns(path: string, role: Role): boolean {
  if (role === 'client') return !/^api\b/.test(path);
  return role === 'server' || !/^client\b/.test(path);
}

function loadError({ file, line, column, expected, found }: ConfigProblem): SensuError {
  if (column === undefined && line === null) {
    const message = /directory/.test(expected)
      ? 'insufficient permissions for loading'
      : 'config file cannot be loaded';
    return { message, file, error: `expected ${expected}, found ${found}` };
  }
  const place = line === null ? '' : ` at line ${line}${column === undefined ? '' : `, column ${column}`}`;
  return {
    message: 'config file must be valid json',
    file,
    error: `expected ${expected}, found ${found}${place}`,
  };
}

function ruleError(problem: ConfigProblem, document: Attributes): SensuError {
  const [section = '', ...rest] = stepsOf(problem.path);
  const singular = NAMED[section];
  const name = singular === undefined ? undefined : rest[0];
  const members = singular === undefined ? rest : rest.slice(1);
  const definition = name === undefined ? document[section] : valueAt(document, [section, name]);
  const object = isAttributes(definition)
    ? { ...definition, ...(name === undefined ? {} : { name }) }
    : undefined;
  const message = sentence(singular ?? section, members, problem, definition);
  const { file, line, hint } = problem;
  return {
    ...(object === undefined ? {} : { object: shownDocument(object, secretsOf(document)) }),
    message,
    ...(file === null ? {} : { file, line }),
    ...(hint === undefined ? {} : { hint }),
  };
}

function sentence(what: string, members: string[], problem: ConfigProblem, definition: unknown): string {
  const member = members.join(' ');
  const named = /^a name of letters/.test(problem.expected);
  if (named && (member === '' || member === 'name'))
    return `${what} name cannot contain spaces or special characters`;
  if (what === 'check' && /"command" (or|and) "extension"|either "command"/.test(problem.expected))
    return problem.found === 'both'
      ? 'only one of check command or extension must be set'
      : 'either check command or extension must be set';
  if (what === 'handler' && member === 'type' && memberOf(definition, 'type') !== undefined)
    return 'unknown handler type';
  const subject = what === 'handler' && memberOf(definition, 'type') === 'set' ? 'handler set' : what;
  if (what === 'check' && member === 'ttl')
    return `check ttl must be ${problem.found.startsWith('"') ? 'an integer' : 'greater than 0'}`;
  const words = WORDS.find(([pattern]) => pattern.test(problem.expected))?.[1];
  return `${[subject, member].filter((part) => part !== '').join(' ')} ${words ?? `must be ${problem.expected}`}`;
}

/** The steps of a path as it is shown. */
function stepsOf(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quotedName, index, plain]) => quotedName ?? index ?? plain ?? '',
  );
}
