import type { Cursor } from './cursor.ts';
import { keepaliveAgeOf, type Moment, type Subject, sinceOf, worstOf } from './fields.ts';
import { placeOf, type Ranking, UNRANKED } from './names.ts';
import type { Direction, Place } from './top.ts';

/** An order of the rows of a subject: by a value, then by name. */
export interface Sort {
  /** As it was asked for: a field, with `-` before it for the other way round. */
  text: string;
  direction: Direction;
  /** Undefined: there is nothing to sort by, and the row comes last. */
  value(moment: Moment, at: number): number | undefined;
  /** Place of the row's name among all names; undefined: it came after the ranking. */
  rank(moment: Moment, at: number): number | undefined;
  /** The place behind which a page begins. */
  placeOf(cursor: Cursor, moment: Moment): Place;
}

type Value = Sort['value'];

/** Ranks of two names make one number: there are never more checks or clients than this. */
const MANY = 2 ** 26;
/** Severities in the order of their weight: ok, unknown, warning, critical. */
const WEIGHTS = [0, 2, 3, 1];
const weightOf = (status: number | undefined): number | undefined =>
  status === undefined ? undefined : (WEIGHTS[status] ?? 1);

const numeric = (value: unknown): number | undefined =>
  typeof value === 'number' && !Number.isNaN(value) ? value : undefined;
const named: Value = () => 0;

const VALUES: Readonly<Record<Subject, Readonly<Record<string, Value>>>> = {
  results: {
    client: named,
    check: named,
    status: ({ table }, at) => weightOf(table.result[at]),
    executed: ({ table }, at) => numeric(table.executed[at]),
    duration: ({ table }, at) => numeric(table.states[at]?.check.duration),
  },
  events: {
    client: named,
    check: named,
    status: ({ table }, at) => weightOf(table.event[at]),
    since: ({ table }, at) => {
      const event = table.states[at]?.event;
      return event ? sinceOf(event) : undefined;
    },
    timestamp: ({ table }, at) => table.states[at]?.event?.timestamp,
    occurrences: ({ table }, at) => table.states[at]?.event?.occurrences,
  },
  clients: {
    name: named,
    status: ({ table }, at) => weightOf(worstOf(table.standing(at))),
    events: ({ table }, at) => table.standing(at).events,
    // The time itself, not its age, so that places in the order do not move while nothing happens.
    keepalive: (moment, at) => {
      const client = moment.table.clients[at];
      return client && keepaliveAgeOf(client, moment) !== undefined ? -client.seenAtMs : undefined;
    },
  },
};

/** What each subject can be sorted by; the first is meant when none is given. */
export function sortsOf(subject: Subject): string[] {
  return Object.keys(VALUES[subject]);
}

/** The order that a text asks for, as things are ranked now; undefined when there is no such order. */
export function sortOf(subject: Subject, wanted: string | undefined, moment: Moment): Sort | undefined {
  const text = wanted ?? (sortsOf(subject)[0] as string);
  const name = text.replace(/^-/, '');
  const values = VALUES[subject];
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (!value) return undefined;
  const way = text.startsWith('-') ? -1 : 1;
  const direction: Direction = value === named ? { values: 1, names: way } : { values: way, names: 1 };
  const ranks = ranksOf(subject, name === 'check', moment);
  return {
    ...{ text, direction, value },
    rank: ranks.of,
    placeOf: ({ value: number, client, check }) => ({
      value: number ?? undefined,
      rank: ranks.between(client, check),
    }),
  };
}

interface Ranks {
  of(moment: Moment, at: number): number | undefined;
  /** Also for names that are gone: between those that are there. */
  between(client: string, check: string): number;
}

function ranksOf(subject: Subject, checkFirst: boolean, { table }: Moment): Ranks {
  const clients = table.clientNames.ranking();
  const clientNameOf = (id: number): string => table.clientNames.nameOf(id);
  if (subject === 'clients') {
    return {
      of: (_moment, at) => ranked(clients, at),
      between: (client) => betweenOf(client, clients, clientNameOf),
    };
  }
  const checks = table.checkNames.ranking();
  const checkNameOf = (id: number): string => table.checkNames.nameOf(id);
  const joined = (client: number, check: number): number =>
    checkFirst ? check * MANY + client : client * MANY + check;
  return {
    of: ({ table }, at) => {
      const clientRank = ranked(clients, table.client[at] ?? 0);
      const checkRank = ranked(checks, table.check[at] ?? 0);
      return clientRank === undefined || checkRank === undefined ? undefined : joined(clientRank, checkRank);
    },
    between: (client, check) =>
      joined(betweenOf(client, clients, clientNameOf), betweenOf(check, checks, checkNameOf)),
  };
}

function ranked({ ranks }: Ranking, id: number): number | undefined {
  const rank = ranks[id];
  return rank === UNRANKED ? undefined : rank;
}

function betweenOf(name: string, { order }: Ranking, nameOf: (id: number) => string): number {
  const place = placeOf(name, order, 0, nameOf);
  const id = order[place];
  return id !== undefined && nameOf(id) === name ? place : place - 0.5;
}
