import type { SearchType } from '../../expression/index.ts';
import type { ExecutedCheck } from '../../model/check.ts';
import type { Event } from '../../model/event.ts';
import { SEVERITIES } from '../../model/severity.ts';
import type { CheckState, ClientState } from '../documents.ts';
import { type Owner, secretsOf } from './secrets.ts';
import type { Silencing } from './silencing.ts';
import { NONE, OTHER, type Standing, type Table } from './table.ts';

/** What can be searched. */
export const SUBJECTS = ['clients', 'events', 'results'] as const;
export type Subject = (typeof SUBJECTS)[number];

/** What a search sees at its beginning, and goes on seeing. */
export interface Moment {
  table: Table;
  nowMs: number;
  silencing: Silencing;
}

/**
 * How a field is read. `reach` says what its value hangs on, so that it is read and tested once for each of these:
 * the client, the name of the check, the status, or nothing less than the document itself. `at` is a row of the table;
 * for clients it is the id of one.
 */
export interface Field {
  type: SearchType;
  reach: 'client' | 'check' | 'status' | 'row';
  /** A plain value, an array of them, or undefined for none. */
  read(moment: Moment, at: number): unknown;
  /** What it is, in a few words. */
  help: string;
  /** Values worth offering to somebody who types. */
  values?: readonly string[];
}

/** A document of which any attribute can be asked for, and what hides some of them. */
export interface SearchedDocument {
  reach: Field['reach'];
  read(moment: Moment, at: number): unknown;
  /** The client by whose rules attributes are secret. */
  owner(moment: Moment, at: number): Owner;
}

/** What can be asked of the rows of a subject. */
export interface SubjectFields {
  fields: Readonly<Record<string, Field>>;
  documents: Readonly<Record<string, SearchedDocument>>;
  /** What a word without a field is looked for in, the names first. */
  words: readonly Field[];
}

const clientOf = ({ table }: Moment, at: number): ClientState | undefined =>
  table.clients[table.client[at] ?? 0];
const stateOf = ({ table }: Moment, at: number): CheckState | undefined => table.states[at];
const eventOf = (moment: Moment, at: number): Event | undefined => stateOf(moment, at)?.event ?? undefined;

const clientName: Field = {
  type: 'text',
  reach: 'client',
  help: 'name of the client',
  read: ({ table }, at) => table.clientNames.nameOf(table.client[at] ?? 0),
};
const checkName: Field = {
  type: 'text',
  reach: 'check',
  help: 'name of the check',
  read: ({ table }, at) => table.checkNames.nameOf(table.check[at] ?? 0),
};

type Reader<Source> = (source: Source, moment: Moment) => unknown;

function of<Source>(
  source: (moment: Moment, at: number) => Source | undefined,
  type: SearchType,
  help: string,
  read: Reader<Source>,
): Field {
  return {
    ...{ type, help, reach: 'row' },
    read: (moment, at) => {
      const found = source(moment, at);
      return found === undefined ? undefined : read(found, moment);
    },
  };
}

/** A field that shows an attribute of that name: nothing where the attribute is secret. */
function unlessSecret(attribute: string, owner: SearchedDocument['owner'], field: Field): Field {
  const read: Field['read'] = (moment, at) =>
    secretsOf(owner(moment, at)).has(attribute) ? undefined : field.read(moment, at);
  return { ...field, read };
}

const handlersOf = ({ handler, handlers }: ExecutedCheck): unknown => [
  ...(Array.isArray(handlers) ? handlers : []),
  ...(typeof handler === 'string' ? [handler] : []),
];
const secondsAgo = (time: unknown, { nowMs }: Moment): number | undefined =>
  typeof time === 'number' ? Math.floor(nowMs / 1000) - time : undefined;

const result = (type: SearchType, help: string, read: Reader<ExecutedCheck>): Field =>
  of((moment, at) => stateOf(moment, at)?.check, type, help, read);

const registered = (moment: Moment, at: number) => clientOf(moment, at)?.client;
const printed = result('text', 'what the check printed', ({ output }) => output);
const resultOutput = unlessSecret('output', registered, printed);

const RESULTS: SubjectFields = {
  fields: {
    client: clientName,
    check: checkName,
    status: {
      ...{ type: 'severity', reach: 'status', help: 'ok, warning, critical, unknown, or the exit status' },
      values: SEVERITIES,
      read: ({ table }, at) => exact(table.result[at], table.states[at]?.check.status),
    },
    output: resultOutput,
    executed: {
      ...{ type: 'time', reach: 'row', help: 'when it was executed' },
      read: ({ table }, at) => known(table.executed[at]),
    },
    age: {
      ...{ type: 'duration', reach: 'row', help: 'time since the execution' },
      read: (moment, at) => secondsAgo(known(moment.table.executed[at]), moment),
    },
    duration: result('duration', 'how long it took', ({ duration }) => duration),
    interval: result('duration', 'time between two executions', ({ interval }) => interval),
    ttl: result('duration', 'time within which the next result has to come', ({ ttl }) => ttl),
    stale: result('flag', 'true: it is older than its ttl', ({ ttl, executed }, moment) => {
      const age = secondsAgo(executed, moment);
      return typeof ttl === 'number' && age !== undefined && age > ttl;
    }),
    handler: result('text', 'names of its handlers', handlersOf),
    subscription: {
      ...{ type: 'text', reach: 'client', help: 'subscriptions of the client' },
      read: (moment, at) => clientOf(moment, at)?.client.subscriptions,
    },
  },
  documents: {
    client: { reach: 'client', read: registered, owner: registered },
    check: { reach: 'row', read: (moment, at) => stateOf(moment, at)?.check, owner: registered },
  },
  words: [clientName, checkName, resultOutput],
};

const event = (type: SearchType, help: string, read: Reader<Event>): Field => of(eventOf, type, help, read);
/** Unix seconds since when an event is what it is. */
export const sinceOf = ({ last_state_change, timestamp }: Event): number => last_state_change ?? timestamp;
/** Ids of the silences that hide an event now. */
export const silencesOf = ({ client, check }: Event, { silencing }: Moment): readonly string[] =>
  silencing.of(client, check.name);

const eventClient = (moment: Moment, at: number) => eventOf(moment, at)?.client;
const eventPrinted = event('text', 'what the check printed', ({ check }) => check.output);
const eventOutput = unlessSecret('output', eventClient, eventPrinted);

const EVENTS: SubjectFields = {
  fields: {
    client: clientName,
    check: checkName,
    status: {
      ...{ type: 'severity', reach: 'status', help: 'ok, warning, critical, unknown, or the exit status' },
      values: SEVERITIES,
      read: ({ table }, at) => exact(table.event[at], table.states[at]?.event?.check.status),
    },
    action: event('text', 'create or flapping', ({ action }) => action),
    occurrences: event(
      'number',
      'how often in a row it has had this status',
      ({ occurrences }) => occurrences,
    ),
    silenced: event(
      'flag',
      'true: a silence hides it now',
      (found, moment) => silencesOf(found, moment).length > 0,
    ),
    silenced_by: event('text', 'ids of the silences that hide it now', silencesOf),
    output: eventOutput,
    since: event('time', 'when its status changed last', sinceOf),
    age: event('duration', 'time since its last change of status', (found, moment) =>
      secondsAgo(sinceOf(found), moment),
    ),
    id: event('text', 'id of the event', ({ id }) => id),
    handler: event('text', 'names of its handlers', ({ check }) => handlersOf(check)),
    subscription: event('text', 'subscriptions of the client', ({ client }) => client.subscriptions),
  },
  documents: {
    client: { reach: 'row', read: eventClient, owner: eventClient },
    check: { reach: 'row', read: (moment, at) => eventOf(moment, at)?.check, owner: eventClient },
  },
  words: [clientName, checkName, eventOutput],
};

const client = (type: SearchType, help: string, read: Reader<ClientState>): Field =>
  of(({ table }, at) => table.clients[at], type, help, read);

/** Seconds since the last keepalive; undefined for a client that sends none. */
export function keepaliveAgeOf(state: ClientState, { nowMs }: Pick<Moment, 'nowMs'>): number | undefined {
  const { keepalives } = state.client;
  return keepalives === false ? undefined : Math.max(0, Math.floor((nowMs - state.seenAtMs) / 1000));
}

/** The worst status of a client's results: critical before warning before unknown. */
export function worstOf({ critical, warning, unknown }: Standing): number {
  if (critical > 0) return 2;
  if (warning > 0) return 1;
  return unknown > 0 ? 3 : 0;
}

const ownName = client('text', 'name of the client', ({ client: { name } }) => name);
const ownDocument = ({ table }: Moment, at: number) => table.clients[at]?.client;
const own = (attribute: 'address' | 'version' | 'subscriptions', help: string): Field =>
  unlessSecret(
    attribute,
    ownDocument,
    client('text', help, (state) => state.client[attribute]),
  );
const ownAddress = own('address', 'its address');
const ownSubscriptions = own('subscriptions', 'its subscriptions');

const CLIENTS: SubjectFields = {
  fields: {
    name: ownName,
    address: ownAddress,
    version: own('version', 'version of its agent'),
    subscription: ownSubscriptions,
    keepalive: client('duration', 'time since its last keepalive', keepaliveAgeOf),
    status: {
      ...{ type: 'severity', reach: 'row', help: 'the worst of its results' },
      values: SEVERITIES,
      read: ({ table }, at) => worstOf(table.standing(at)),
    },
    events: {
      ...{ type: 'number', reach: 'row', help: 'how many events are open' },
      read: ({ table }, at) => table.standing(at).events,
    },
    silenced: client(
      'flag',
      'true: a silence hides all its events now',
      ({ client }, { silencing }) => silencing.ofClient(client).length > 0,
    ),
  },
  documents: { client: { reach: 'row', read: ownDocument, owner: ownDocument } },
  words: [ownName, ownAddress, ownSubscriptions],
};

export const FIELDS: Readonly<Record<Subject, SubjectFields>> = {
  clients: CLIENTS,
  events: EVENTS,
  results: RESULTS,
};

/** Whether there is something of the subject in a row. */
export function presence(subject: Subject, table: Table): (at: number) => boolean {
  if (subject === 'results') return (at) => table.result[at] !== NONE;
  if (subject === 'events') return (at) => table.event[at] !== NONE;
  return (at) => table.clients[at] !== undefined;
}

function known(number: number | undefined): number | undefined {
  return Number.isNaN(number) ? undefined : number;
}

function exact(column: number | undefined, status: number | undefined): number | undefined {
  return column === OTHER || column === undefined ? status : column;
}
