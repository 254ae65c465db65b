import type { Step } from '../model/attributes.ts';
import type { Validation } from './definition.ts';
import { definitions } from './references.ts';

/** Something that Sensu acts on and this version does not. */
interface NotYet {
  /** Where the configuration asks for it. */
  places(validation: Pick<Validation, 'document'>): Step[][];
  /** What happens instead. */
  effect: string;
}

/**
 * The one list of what is not acted on yet. A row goes when its feature comes. Nothing that would tell nobody or
 * leave something unwatched is passed over in silence.
 */
const NOT_YET: readonly NotYet[] = [
  {
    places: ({ document }) =>
      transportOf(document) === 'rabbitmq'
        ? []
        : definitions(document, 'handlers')
            .filter(([, handler]) => handler.type === 'transport')
            .map(([at]) => [...at, 'type']),
    effect:
      'has a broker that other programs listen at only with the transport "rabbitmq": nobody is told through a handler of type "transport"',
  },
  { places: section('redis'), effect: 'does not speak to Redis: state is kept in a file of its own' },
  {
    // A section of that name has been told of already.
    places: ({ document }) => {
      const name = transportOf(document);
      return name === undefined || TRANSPORTS.includes(name) || isSet(document[name])
        ? []
        : [['transport', 'name']];
    },
    effect: 'has no such transport: agents join a server by its own port (`tocsin join`)',
  },
];

/** Tells of everything that is configured and not acted on in this version. */
export function tellNotYet(validation: Validation): void {
  for (const { places, effect } of NOT_YET) {
    for (const steps of places(validation)) {
      validation.cautions.push({ steps, message: `this version ${effect}` });
    }
  }
}

const TRANSPORTS: readonly string[] = ['memory', 'websocket', 'rabbitmq'];

function transportOf(document: Validation['document']): string | undefined {
  const name = (document.transport as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}

function section(name: string): NotYet['places'] {
  return ({ document }) => (isSet(document[name]) ? [[name]] : []);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
