import type { TObject, TSchema } from 'typebox';
import { isAttributes, quoted, type Step, valueAt } from '../model/attributes.ts';
import { nearestName } from '../model/nearest.ts';
import { NOTHING, type Problem, problemAt, problemsOf } from '../model/problems.ts';
import type { Attributes } from '../model/schema.ts';
import type { Plugin } from '../plugin.ts';
import type { Findings } from './problem.ts';

/** What every part of the validation is given, and where it writes what it finds. */
export interface Validation extends Findings {
  document: Attributes;
  plugins: ReadonlyMap<string, Plugin>;
  /** Checks that are left out, with what is wrong with each: one mistake must not stop all the others. */
  skipped: Map<string, readonly Problem[]>;
}

/** A rule that no schema can tell: the problem it finds in a definition, if any. */
export type Rule = (definition: Attributes, at: readonly Step[]) => Problem | undefined;

/**
 * Judges one object of the configuration by its schema and rules, and warns of attributes that look like a
 * misspelt known one. A known attribute that is null counts as not set.
 *
 * @param known names beside those of the schema that mean something here
 * @returns the definition without such nulls; undefined when it is no object
 */
export function judge(
  validation: Validation,
  at: readonly Step[],
  value: unknown,
  schema: TSchema,
  rest: { rules?: readonly Rule[]; known?: readonly string[] } = {},
): Attributes | undefined {
  if (!isAttributes(value)) {
    validation.problems.push(problemAt(at, 'an object', value));
    return undefined;
  }
  const known = [...membersOf(schema), ...(rest.known ?? [])];
  const definition = withoutNulls(value, known);
  const problems = problemsOf(schema, definition, at);
  for (const rule of rest.rules ?? []) {
    const problem = rule(definition, at);
    if (problem) problems.push(problem);
  }
  validation.problems.push(...problems);
  warnOfMisspelt(validation, at, definition, known, problems);
  warnInside(validation, at, definition, schema);
  return definition;
}

/** The same warning for the objects that the schema knows inside this one. */
function warnInside(
  validation: Findings,
  at: readonly Step[],
  definition: Attributes,
  schema: TSchema,
): void {
  for (const [name, member] of Object.entries((schema as Partial<TObject>).properties ?? {})) {
    const value = definition[name];
    const known = membersOf(member);
    if (known.length === 0 || !isAttributes(value)) continue;
    if ((member as { additionalProperties?: unknown }).additionalProperties !== false) {
      warnOfMisspelt(validation, [...at, name], value, known);
    }
    warnInside(validation, [...at, name], value, member);
  }
}

/** The members that an object schema names. */
export function membersOf(schema: TSchema): string[] {
  return Object.keys((schema as Partial<TObject>).properties ?? {});
}

function withoutNulls(definition: Attributes, known: readonly string[]): Attributes {
  const kept = Object.entries(definition).filter(([name, value]) => value !== null || !known.includes(name));
  return Object.fromEntries(kept);
}

/** Says that an attribute nobody knows is near to a known one. */
export function warnOfMisspelt(
  validation: Findings,
  at: readonly Step[],
  definition: Attributes,
  known: readonly string[],
  problems: readonly Problem[] = [],
): void {
  const told = new Set(problems.map((problem) => problem.steps[at.length]));
  for (const name of Object.keys(definition)) {
    if (known.includes(name) || told.has(name)) continue;
    const near = nearestName(name, known);
    if (near === undefined) continue;
    const missing = problems.find(
      (problem) => problem.steps[at.length] === near && problem.found === NOTHING,
    );
    if (missing) {
      missing.hint ??= `there is ${quoted(name, 60)}: did you mean "${near}"?`;
      continue;
    }
    validation.cautions.push({
      steps: [...at, name],
      message: `${quoted(name, 60)} is kept as an attribute of your own; it changes nothing`,
      hint: `did you mean "${near}"?`,
    });
  }
}

/** `did you mean "x"?`, when one of the known names is near. */
export function nearestHint(name: unknown, known: Iterable<string>): string | undefined {
  const near = typeof name === 'string' ? nearestName(name, known) : undefined;
  return near === undefined ? undefined : `did you mean ${quoted(near, 60)}?`;
}

/** The entries of a section that is an object of named definitions; a section of another type is a problem. */
export function entriesOf(validation: Validation, section: string): [string, unknown][] {
  const value = validation.document[section];
  if (isAttributes(value)) return Object.entries(value);
  if (value !== undefined) validation.problems.push(problemAt([section], 'an object', value));
  return [];
}

/** The plugins of a kind that can be named. */
export function pluginNames(validation: Pick<Validation, 'plugins'>, kind: Plugin['kind']): string[] {
  return [...validation.plugins.values()]
    .filter((plugin) => plugin.kind === kind)
    .map((plugin) => plugin.name);
}

/** The plugin of that kind and name. */
export function pluginNamed<Kind extends Plugin['kind']>(
  validation: Pick<Validation, 'plugins'>,
  kind: Kind,
  name: unknown,
): Extract<Plugin, { kind: Kind }> | undefined {
  const plugin = typeof name === 'string' ? validation.plugins.get(name) : undefined;
  return plugin?.kind === kind ? (plugin as Extract<Plugin, { kind: Kind }>) : undefined;
}

/**
 * Judges a plugin's options by the plugin's own schema. Options that are not given count as `{}`.
 *
 * @param tokens true where a text may hold tokens (`:::path:::`) that are filled in later: such texts fit anything
 */
export function judgeOptions(
  validation: Validation,
  at: readonly Step[],
  value: unknown,
  plugin: Plugin,
  tokens = false,
): void {
  const options = value ?? {};
  const problems = problemsOf(plugin.options, options, at);
  const real = tokens
    ? problems.filter(({ steps }) => !hasToken(valueAt(options, steps.slice(at.length))))
    : problems;
  validation.problems.push(...real);
  if (isAttributes(options)) warnOfMisspelt(validation, at, options, membersOf(plugin.options), real);
}

function hasToken(value: unknown): boolean {
  return typeof value === 'string' && /:::.+?:::/.test(value);
}
