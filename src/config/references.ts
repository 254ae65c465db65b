import { isAttributes, quoted, type Step } from '../model/attributes.ts';
import type { Attributes } from '../model/schema.ts';
import type { TObject } from '../plugin.ts';
import { nearestHint, pluginNames, type Validation } from './definition.ts';

/** What is there under its name without being configured. (Sensu Core 1.9 documentation, "Built-in extensions".) */
const BUILT_IN = {
  filter: ['occurrences', 'check_dependencies'],
  mutator: ['json', 'ruby_hash', 'only_check_output'],
  handler: ['debug', 'deregistration'],
};

/** A name that one definition uses for another. */
interface Reference {
  steps: Step[];
  name: string;
}

function filterReferences(document: Attributes): Reference[] {
  return definitions(document, 'handlers').flatMap(([at, handler]) =>
    namesIn(handler, at, 'filter', 'filters'),
  );
}

/**
 * Warns of names that nothing is known by. A file without any handler is an agent's: its handlers are at the
 * server, so names of handlers are let be.
 */
export function warnOfUnknownNames(validation: Validation): void {
  const { document } = validation;
  const handlers = Object.keys(sectionOf(document, 'handlers'));
  if (handlers.length > 0) {
    const known = [...handlers, ...BUILT_IN.handler, ...namedAsTheyAre(validation)];
    const effect = 'the event is not told there';
    warnUnless(validation, 'handler', handlerReferences(document), known, effect);
    warnOfMissingDefault(validation, handlers);
  }
  const filters = [
    ...Object.keys(sectionOf(document, 'filters')),
    ...pluginNames(validation, 'filter'),
    ...BUILT_IN.filter,
  ];
  warnUnless(validation, 'filter', filterReferences(document), filters, 'it holds nothing back');
  const mutators = [
    ...Object.keys(sectionOf(document, 'mutators')),
    ...pluginNames(validation, 'mutator'),
    ...BUILT_IN.mutator,
  ];
  warnUnless(validation, 'mutator', mutatorReferences(document), mutators, 'the handler never runs');
}

/** Handler plugins that need no options can be named without being configured. */
function namedAsTheyAre({ plugins }: Validation): string[] {
  return [...plugins.values()]
    .filter(
      ({ kind, options }) =>
        kind === 'handler' && ((options as Partial<TObject>).required ?? []).length === 0,
    )
    .map((plugin) => plugin.name);
}

function warnUnless(
  validation: Validation,
  kind: string,
  references: readonly Reference[],
  known: readonly string[],
  effect: string,
): void {
  for (const { steps, name } of references) {
    if (known.includes(name)) continue;
    const message = `there is no ${kind} ${quoted(name, 60)}: ${effect}`;
    validation.cautions.push({ steps, message, hint: nearestHint(name, known) });
  }
}

/** Checks that name no handler go to `default`; when that is missing, nobody is told. */
function warnOfMissingDefault(validation: Validation, handlers: readonly string[]): void {
  if (handlers.includes('default')) return;
  const unnamed = definitions(validation.document, 'checks').filter(
    ([, check]) => check.handler === undefined && check.handlers === undefined && check.handle !== false,
  );
  const [first] = unnamed;
  if (!first) return;
  const others = unnamed.length > 1 ? ` and ${unnamed.length - 1} more` : '';
  validation.cautions.push({
    steps: first[0],
    message: `this check${others} names no handler, and there is no handler "default": nobody is told of its events`,
    hint: 'configure a handler "default", or name one in "handlers"',
  });
}

function handlerReferences(document: Attributes): Reference[] {
  const client = sectionOf(document, 'client');
  const inClient = ['keepalive', 'registration', 'deregistration'].flatMap((name) =>
    namesIn(sectionOf(client, name), ['client', name], 'handler', 'handlers'),
  );
  const keepalives = sectionOf(sectionOf(document, 'sensu'), 'keepalives');
  return [
    ...definitions(document, 'checks').flatMap(([at, check]) => namesIn(check, at, 'handler', 'handlers')),
    ...definitions(document, 'handlers')
      .filter(([, handler]) => handler.type === 'set')
      .flatMap(([at, handler]) => namesIn(handler, at, undefined, 'handlers')),
    ...inClient,
    ...namesIn(keepalives, ['sensu', 'keepalives'], 'handler', 'handlers'),
  ];
}

function mutatorReferences(document: Attributes): Reference[] {
  return definitions(document, 'handlers').flatMap(([at, handler]) =>
    namesIn(handler, at, 'mutator', undefined),
  );
}

/** Names in a definition: those of the list, or else the single one. */
function namesIn(
  definition: Attributes,
  at: readonly Step[],
  single: string | undefined,
  list: string | undefined,
): Reference[] {
  const names = list === undefined ? undefined : definition[list];
  if (list !== undefined && Array.isArray(names)) {
    return names.flatMap((name, index) =>
      typeof name === 'string' ? [{ steps: [...at, list, index], name }] : [],
    );
  }
  const name = single === undefined ? undefined : definition[single];
  return single !== undefined && typeof name === 'string' ? [{ steps: [...at, single], name }] : [];
}

/** The definitions of a section that are objects, with their paths. */
export function definitions(document: Attributes, section: string): [Step[], Attributes][] {
  return Object.entries(sectionOf(document, section)).flatMap(([name, value]): [Step[], Attributes][] =>
    isAttributes(value) ? [[[section, name], value]] : [],
  );
}

function sectionOf(document: Attributes, name: string): Attributes {
  const section = document[name];
  return isAttributes(section) ? section : {};
}
