import type { SearchType } from '../../expression/index.ts';
import type { ExecutedCheck } from '../../model/check.ts';
import type { Event } from '../../model/event.ts';
import { SEVERITIES } from '../../model/severity.ts';
import type { CheckState, ClientState } from '../documents.ts';
import { OTHER } from './chunk.ts';
import { type Owner, secretsOf } from './secrets.ts';
import type { Silencing } from './silencing.ts';
import type { Table } from './table.ts';

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
  /** Columns of the table that know something of it. */
  column?: Column;
}

/**
 * `name`: it is the name of what it reaches, another one for each. `signature`: signatures tell where it cannot be.
 * `executed`, `age`: it is the time of execution, or the whole seconds since.
 */
export type Column = 'name' | 'signature' | 'executed' | 'age';

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

const clientOf = ({ table }: Moment, at: number): ClientState | undefined => table.clients[table.client(at)];
const stateOf = ({ table }: Moment, at: number): CheckState | undefined => table.state(at);
const eventOf = (moment: Moment, at: number): Event | undefined => stateOf(moment, at)?.event ?? undefined;

const clientName: Field = {
  type: 'text',
  reach: 'client',
  column: 'name',
  help: 'name of the client',
  read: ({ table }, at) => table.clientNames.nameOf(table.client(at)),
};
const checkName: Field = {
  type: 'text',
  reach: 'check',
  column: 'name',
  help: 'name of the check',
  read: ({ table }, at) => table.checkNames.nameOf(table.check(at)),
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
  of(resultCheck, type, help, read);

/** What a check of a result or event said: `column` has its status, `checkOf` reads it, `owner` hides its output. */
function saidBy(
  column: 'result' | 'event',
  checkOf: (moment: Moment, at: number) => ExecutedCheck | undefined,
  owner: SearchedDocument['owner'],
): { status: Field; output: Field } {
  const printed = of(checkOf, 'text', 'what the check printed', ({ output }) => output);
  const status: Field = {
    ...{ type: 'severity', reach: 'status', help: 'ok, warning, critical, unknown, or the exit status' },
    values: SEVERITIES,
    read: (moment, at) => {
      const known = moment.table[column](at);
      return known === OTHER ? checkOf(moment, at)?.status : known;
    },
  };
  return { status, output: { ...unlessSecret('output', owner, printed), column: 'signature' } };
}

const registered = (moment: Moment, at: number) => clientOf(moment, at)?.client;
const resultCheck = (moment: Moment, at: number) => stateOf(moment, at)?.check;
const resultSaid = saidBy('result', resultCheck, registered);

const RESULTS: SubjectFields = {
  fields: {
    client: clientName,
    check: checkName,
    ...resultSaid,
    executed: {
      ...{ type: 'time', reach: 'row', column: 'executed', help: 'when it was executed' },
      read: ({ table }, at) => known(table.executed(at)),
    },
    age: {
      ...{ type: 'duration', reach: 'row', column: 'age', help: 'time since the execution' },
      read: (moment, at) => secondsAgo(known(moment.table.executed(at)), moment),
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
    check: { reach: 'row', read: resultCheck, owner: registered },
  },
  words: [clientName, checkName, resultSaid.output],
};

const event = (type: SearchType, help: string, read: Reader<Event>): Field => of(eventOf, type, help, read);
/** Unix seconds since when an event is what it is. */
export const sinceOf = ({ last_state_change, timestamp }: Event): number => last_state_change ?? timestamp;
/** Ids of the silences that hide an event now. */
export const silencesOf = ({ client, check }: Event, { silencing }: Moment): readonly string[] =>
  silencing.of(client, check.name);

const eventClient = (moment: Moment, at: number) => eventOf(moment, at)?.client;
const eventCheck = (moment: Moment, at: number) => eventOf(moment, at)?.check;
const eventSaid = saidBy('event', eventCheck, eventClient);

const EVENTS: SubjectFields = {
  fields: {
    client: clientName,
    check: checkName,
    status: eventSaid.status,
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
    output: eventSaid.output,
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
    check: { reach: 'row', read: eventCheck, owner: eventClient },
  },
  words: [clientName, checkName, eventSaid.output],
};

const client = (type: SearchType, help: string, read: Reader<ClientState>): Field =>
  of(({ table }, at) => table.clients[at], type, help, read);

/** Seconds since the last keepalive; undefined for a client that sends none. */
export function keepaliveAgeOf(state: ClientState, { nowMs }: Pick<Moment, 'nowMs'>): number | undefined {
  const { keepalives } = state.client;
  return keepalives === false ? undefined : Math.max(0, Math.floor((nowMs - state.seenAtMs) / 1000));
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
      read: ({ table }, at) => table.worst(at),
    },
    events: {
      ...{ type: 'number', reach: 'row', help: 'how many events are open' },
      read: ({ table }, at) => table.openEvents(at),
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

function known(number: number | undefined): number | undefined {
  return Number.isNaN(number) ? undefined : number;
}
