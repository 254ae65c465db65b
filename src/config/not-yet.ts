import { isAttributes, memberOf, type Step, valueAt } from '../model/attributes.ts';
import { problemAt } from '../model/problems.ts';
import type { Attributes } from '../model/schema.ts';
import type { Validation } from './definition.ts';
import { definitions, filterReferences } from './references.ts';

/** Something that Sensu acts on and this version does not. */
interface NotYet {
  /** Where the configuration asks for it. */
  places(validation: Pick<Validation, 'document' | 'plugins'>): Step[][];
  /** What happens instead. */
  effect: string;
  /** True where going on without it would tell everybody or nobody: then nothing starts. */
  refused?: true;
}

/**
 * The one list of what is not acted on yet. A row goes when its feature comes. Nothing that would page wrongly
 * or leave something unwatched is passed over in silence.
 */
const NOT_YET: readonly NotYet[] = [
  {
    places: attribute('checks', 'cron', (check) => check.interval === undefined),
    effect: 'schedules by "interval" alone, so this check never runs by itself',
  },
  {
    places: attribute('checks', 'cron', (check) => check.interval !== undefined),
    effect: 'schedules by "interval" alone, so "interval" counts and "cron" does not',
  },
  { places: attribute('checks', 'subdue'), effect: 'does not act on "subdue": the check runs at all times' },
  {
    places: attribute('checks', 'proxy_requests'),
    effect: 'does not act on "proxy_requests": the check runs once for each subscriber, as it stands',
  },
  { places: attribute('checks', 'hooks'), effect: 'does not run hooks' },
  {
    places: attribute('checks', 'ttl'),
    effect: 'does not act on "ttl": nobody is told when the results of this check stop coming',
  },
  {
    places: attribute('checks', 'aggregate', (check) => check.aggregate !== false),
    effect: 'keeps no aggregates',
  },
  { places: attribute('checks', 'aggregates'), effect: 'keeps no aggregates' },
  {
    places: attribute('handlers', 'type', (handler) => handler.type === 'transport'),
    effect: 'has no handlers of type "transport": nobody is told through this one',
  },
  {
    places: attribute('filters', 'when'),
    effect: 'does not act on "when", so this filter would hold back at all times',
    refused: true,
  },
  {
    places: evaluations,
    effect: 'does not support "eval:" in filters, so this filter would match no event',
    refused: true,
  },
  {
    places: builtInFilter('occurrences'),
    effect: 'does not have the filter "occurrences", so everybody would be told of every occurrence',
    refused: true,
  },
  {
    places: builtInFilter('check_dependencies'),
    effect: 'does not have the filter "check_dependencies", so it would hold nothing back',
    refused: true,
  },
  {
    places: clientAttribute('safe_mode', (value) => value === true),
    effect: 'does not act on "safe_mode": the agent runs commands that it is sent',
  },
  {
    places: clientAttribute('socket', (value) => memberOf(value, 'enabled') !== false),
    effect: 'has no client socket: results that programs send to it are not received',
  },
  {
    places: clientAttribute('http_socket', (value) => memberOf(value, 'enabled') !== false),
    effect: 'has no client HTTP socket: results that programs send to it are not received',
  },
  {
    places: clientAttribute('registration'),
    effect: 'makes no registration events: nobody is told of a new client',
  },
  {
    places: clientAttribute('deregister', (value) => value === true),
    effect: 'does not deregister clients: after an orderly stop the keepalive alert comes all the same',
  },
  {
    places: section('rabbitmq'),
    effect: 'does not speak to RabbitMQ: agents and servers in other processes are not reached',
  },
  { places: section('redis'), effect: 'does not speak to Redis: state is kept in a file of its own' },
];

/** Tells of everything that is configured and not acted on in this version. */
export function tellNotYet(validation: Validation): void {
  for (const { places, effect, refused } of NOT_YET) {
    for (const steps of places(validation)) {
      if (!refused) {
        validation.cautions.push({ steps, message: `this version ${effect}` });
        continue;
      }
      const value = valueAt(validation.document, steps);
      const expected = 'something that this version acts on';
      validation.problems.push(problemAt(steps, expected, value, `this version ${effect}`));
    }
  }
}

/** Definitions of a section that set an attribute, if they also look like `when`. */
function attribute(
  section: string,
  name: string,
  when: (definition: Attributes) => boolean = () => true,
): NotYet['places'] {
  return ({ document }) =>
    definitions(document, section)
      .filter(([, definition]) => isSet(definition[name]) && when(definition))
      .map(([at]) => [...at, name]);
}

function clientAttribute(name: string, when: (value: unknown) => boolean = () => true): NotYet['places'] {
  return ({ document }) => {
    const value = memberOf(document.client, name);
    return isSet(value) && when(value) ? [['client', name]] : [];
  };
}

function section(name: string): NotYet['places'] {
  return ({ document }) => (isSet(document[name]) ? [[name]] : []);
}

/** References to a filter that Sensu has built in, unless there is one of that name here. */
function builtInFilter(name: string): NotYet['places'] {
  return ({ document, plugins }) =>
    isSet(memberOf(document.filters, name)) || plugins.get(name)?.kind === 'filter'
      ? []
      : filterReferences(document)
          .filter((reference) => reference.name === name)
          .map((reference) => reference.steps);
}

/** Attributes of filters that are expressions, at any depth. */
function evaluations({ document }: Pick<Validation, 'document'>): Step[][] {
  return definitions(document, 'filters').flatMap(([at, filter]) =>
    isAttributes(filter.attributes) ? expressionsIn(filter.attributes, [...at, 'attributes']) : [],
  );
}

function expressionsIn(attributes: Attributes, at: readonly Step[]): Step[][] {
  return Object.entries(attributes).flatMap(([name, value]) => {
    if (isAttributes(value)) return expressionsIn(value, [...at, name]);
    return typeof value === 'string' && value.startsWith('eval:') ? [[...at, name]] : [];
  });
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
