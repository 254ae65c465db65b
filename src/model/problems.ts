import type { TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { isAttributes, pathText, quoted, type Step } from './attributes.ts';
import { nearestName } from './nearest.ts';
import { looksSecret } from './redact.ts';
import type { Attributes } from './schema.ts';

/** A value that does not fit: where, what should be there, and what is. All texts are short and safe to show. */
export interface Problem {
  /** `checks.disk.interval` */
  path: string;
  /** The same path, step by step. */
  steps: readonly Step[];
  expected: string;
  /** `nothing` when a value is missing; hidden when its name looks secret. */
  found: string;
  /** What would probably mend it. */
  hint?: string | undefined;
}

/** What `found` says when there is no value. */
export const NOTHING = 'nothing';
/** Most problems told of one value: a peer's nonsense may hold millions. */
const MOST_PROBLEMS = 100;
const LONGEST_FOUND = 60;

/** The parts of a JSON Schema that are looked into; `expected` is the text that our schema nodes carry. */
interface Node {
  type?: unknown;
  expected?: unknown;
  description?: unknown;
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly TSchema[];
  required?: readonly string[];
  properties?: Record<string, TSchema>;
  patternProperties?: Record<string, TSchema>;
  additionalProperties?: unknown;
  items?: unknown;
}

/** Everything in `value` that does not fit the schema, told at its own path; none exactly when it fits. At most 100. */
export function problemsOf(schema: TSchema, value: unknown, at: readonly Step[] = []): Problem[] {
  const problems: Problem[] = [];
  collect(schema, value, at, problems);
  return problems;
}

/** A problem from its parts; `value` undefined means that nothing is there. */
export function problemAt(
  steps: readonly Step[],
  expected: string,
  value: unknown,
  hint?: string | undefined,
): Problem {
  const problem: Problem = { path: pathText(steps), steps, expected, found: foundText(value, steps) };
  return hint === undefined ? problem : { ...problem, hint };
}

/** How a value is shown to a person: short, without control characters, and not at all if its name looks secret. */
export function foundText(value: unknown, steps: readonly Step[] = []): string {
  if (value === undefined) return NOTHING;
  if (steps.some((step) => typeof step === 'string' && looksSecret(step))) {
    return `${typeText(value)} (not shown)`;
  }
  if (typeof value === 'string') return quoted(value.replace(/\/\/[^/@\s]*@/g, '//REDACTED@'), LONGEST_FOUND);
  return typeof value === 'object' && value !== null ? typeText(value) : String(value);
}

function typeText(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
  return `a ${typeof value}`;
}

/** Adds the problems of `value`; true when there were any. */
function collect(schema: TSchema, value: unknown, at: readonly Step[], problems: Problem[]): boolean {
  if (Check(schema, value)) return false;
  if (problems.length >= MOST_PROBLEMS) return true;
  const before = problems.length;
  const node = schema as Node;
  if (node.type === 'object' && isAttributes(value)) collectMembers(node, value, at, problems);
  if (node.type === 'array' && Array.isArray(value)) collectItems(node, value, at, problems);
  if (problems.length === before) {
    problems.push(problemAt(at, expectedText(schema), value, quotingHint(schema, value, at)));
  }
  return true;
}

function collectMembers(node: Node, value: Attributes, at: readonly Step[], problems: Problem[]): void {
  for (const [name, member] of Object.entries(node.properties ?? {})) {
    if (Object.hasOwn(value, name) && value[name] !== undefined) {
      collect(member, value[name], [...at, name], problems);
    } else if (node.required?.includes(name)) {
      problems.push(problemAt([...at, name], expectedText(member), undefined, misspelt(name, value, node)));
    }
  }
  for (const [pattern, member] of Object.entries(node.patternProperties ?? {})) {
    const names = Object.keys(value).filter((name) => new RegExp(pattern, 'u').test(name));
    for (const name of names) collect(member, value[name], [...at, name], problems);
  }
  if (node.additionalProperties === false) collectUnknown(node, value, at, problems);
}

function collectItems(node: Node, value: readonly unknown[], at: readonly Step[], problems: Problem[]): void {
  for (const [index, item] of value.entries()) {
    if (problems.length >= MOST_PROBLEMS) return;
    collect(node.items as TSchema, item, [...at, index], problems);
  }
}

function collectUnknown(node: Node, value: Attributes, at: readonly Step[], problems: Problem[]): void {
  const known = Object.keys(node.properties ?? {});
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    if (problems.length >= MOST_PROBLEMS) return;
    const near = nearestName(name, known);
    const expected = `one of ${known.map((member) => `"${member}"`).join(', ')}`;
    problems.push({
      ...problemAt([...at, name], expected, name, near === undefined ? undefined : `did you mean "${near}"?`),
      found: quoted(name, LONGEST_FOUND),
    });
  }
}

/** For a member that is missing: the unknown one that may be it. */
function misspelt(name: string, value: Attributes, node: Node): string | undefined {
  const known = node.properties ?? {};
  const unknown = Object.keys(value).filter((member) => !Object.hasOwn(known, member));
  const near = nearestName(name, unknown);
  return near === undefined ? undefined : `there is ${quoted(near, LONGEST_FOUND)}: did you mean "${name}"?`;
}

/** For what would fit without its quotes, or in brackets. */
function quotingHint(schema: TSchema, value: unknown, at: readonly Step[]): string | undefined {
  if (typeof value !== 'string' || value.length > LONGEST_FOUND) return undefined;
  if (
    /^(true|false|-?\d+(\.\d+)?)$/.test(value) &&
    Check(schema, JSON.parse(value.replace(/^(-?)0+(?=\d)/, '$1')))
  ) {
    return 'leave out the quotes';
  }
  const found = foundText(value, at);
  return Check(schema, [value]) && found.startsWith('"') ? `write it in brackets: [${found}]` : undefined;
}

/** What a schema asks for, in words: its own `expected`, or what can be told from its type. */
export function expectedText(schema: TSchema): string {
  const node = schema as Node;
  if (typeof node.expected === 'string') return node.expected;
  if (node.const !== undefined) return JSON.stringify(node.const);
  const choices = node.enum?.map((choice) => JSON.stringify(choice)) ?? node.anyOf?.map(expectedText);
  if (choices && choices.length > 0) return [...new Set(choices)].join(' or ');
  if (typeof node.description === 'string') return node.description;
  return typeof node.type === 'string' ? (TYPE_WORDS[node.type] ?? node.type) : 'another value';
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  null: 'null',
};
