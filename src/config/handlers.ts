import { isAttributes, memberOf, type Step } from '../model/attributes.ts';
import {
  CORE_HANDLER_SCHEMAS,
  type CoreHandlerType,
  type Filter,
  FilterSchema,
  type Handler,
  type HandlerDefinition,
  type Mutator,
  MutatorSchema,
  PluginHandlerSchema,
  SELECTION_ATTRIBUTES,
} from '../model/handler.ts';
import { problemAt } from '../model/problems.ts';
import type { Attributes } from '../model/schema.ts';
import { judgeEvaluations, judgeExpression, judgeWindows } from './conditions.ts';
import {
  entriesOf,
  judge,
  judgeOptions,
  nearestHint,
  pluginNamed,
  pluginNames,
  type Rule,
  type Validation,
} from './definition.ts';

const CORE_TYPES = Object.keys(CORE_HANDLER_SCHEMAS);

/** Validates the section `handlers`. */
export function handlersOf(validation: Validation): Map<string, Handler> {
  const handlers = new Map<string, Handler>();
  for (const [name, value] of entriesOf(validation, 'handlers')) {
    const definition = handlerOf(validation, ['handlers', name], value);
    if (definition) handlers.set(name, { ...(definition as HandlerDefinition), name });
  }
  return handlers;
}

function handlerOf(validation: Validation, at: readonly Step[], value: unknown): Attributes | undefined {
  const type = memberOf(value, 'type');
  if (isCoreType(type)) {
    const definition = judge(validation, at, value, CORE_HANDLER_SCHEMAS[type]);
    if (definition && type === 'set') warnOfIdleAttributes(validation, at, definition);
    return definition;
  }
  const known = typeof type === 'string' ? [type] : [];
  const definition = judge(validation, at, value, PluginHandlerSchema, { known });
  if (definition && typeof type === 'string' && type !== '') judgeType(validation, at, definition, type);
  return definition;
}

function isCoreType(type: unknown): type is CoreHandlerType {
  return typeof type === 'string' && Object.hasOwn(CORE_HANDLER_SCHEMAS, type);
}

function judgeType(validation: Validation, at: readonly Step[], definition: Attributes, type: string): void {
  const plugin = pluginNamed(validation, 'handler', type);
  if (plugin) {
    judgeOptions(validation, [...at, type], definition[type], plugin);
    return;
  }
  const known = [...CORE_TYPES, ...pluginNames(validation, 'handler')];
  const expected = `one of ${known.join(', ')}`;
  validation.problems.push(problemAt([...at, 'type'], expected, type, nearestHint(type, known)));
}

function warnOfIdleAttributes(validation: Validation, at: readonly Step[], definition: Attributes): void {
  for (const name of SELECTION_ATTRIBUTES) {
    if (definition[name] === undefined) continue;
    const message = `"${name}" on a set has no effect on its members`;
    validation.cautions.push({ steps: [...at, name], message, hint: 'set it on the members' });
  }
}

/** One of the two says which events match. */
const attributesOrExpression: Rule = (filter, at) => {
  const { attributes, expression } = filter;
  if ((attributes === undefined) !== (expression === undefined)) return undefined;
  const either = 'either "attributes" (an object) or "expression" (a text)';
  if (attributes === undefined) return problemAt([...at, 'attributes'], either, undefined);
  return { ...problemAt([...at, 'expression'], either, expression), found: 'both' };
};

/** Validates the section `filters`. An entry may hold the options of the filter plugin of its name. */
export function filtersOf(validation: Validation): Map<string, Filter> {
  const filters = entriesOrOptions(validation, 'filter', 'filters', {
    schema: FilterSchema,
    marks: ['attributes', 'expression'],
    rules: [attributesOrExpression],
  });
  for (const [name, filter] of filters) {
    const at = ['filters', name];
    judgeEvaluations(validation, [...at, 'attributes'], filter.attributes);
    judgeExpression(validation, [...at, 'expression'], filter.expression);
    judgeWindows(validation, [...at, 'when'], filter.when);
  }
  return filters as Map<string, Filter>;
}

/** Validates the section `mutators`. An entry may hold the options of the mutator plugin of its name. */
export function mutatorsOf(validation: Validation): Map<string, Mutator> {
  const how = { schema: MutatorSchema, marks: ['command'], rules: [] };
  return entriesOrOptions(validation, 'mutator', 'mutators', how) as Map<string, Mutator>;
}

/** What the definitions of a section are held to. */
interface DefinitionRules {
  schema: typeof FilterSchema | typeof MutatorSchema;
  rules: readonly Rule[];
  /** Members of which one makes an entry a definition of its own, though a plugin has the same name. */
  marks: readonly string[];
}

/**
 * The definitions of a section. Options of a plugin are judged and stay in the document, where whoever runs the plugin
 * finds them.
 */
function entriesOrOptions(
  validation: Validation,
  kind: 'filter' | 'mutator',
  section: string,
  { schema, rules, marks }: DefinitionRules,
): Map<string, Attributes> {
  const definitions = new Map<string, Attributes>();
  for (const [name, value] of entriesOf(validation, section)) {
    const plugin = pluginNamed(validation, kind, name);
    if (plugin && isAttributes(value) && !marks.some((mark) => Object.hasOwn(value, mark))) {
      judgeOptions(validation, [section, name], value, plugin);
      continue;
    }
    const definition = judge(validation, [section, name], value, schema, { rules });
    if (definition) definitions.set(name, definition);
  }
  return definitions;
}
