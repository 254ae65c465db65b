import type { Block } from './block.ts';
import { placeIn } from './chunk.ts';
import type { Cursor } from './cursor.ts';
import { keepaliveAgeOf, type Moment, type Subject, sinceOf } from './fields.ts';
import { placeOf, type Ranking, UNRANKED } from './names.ts';
import type { Place } from './top.ts';

/** An order of the rows of a subject: by a value, then by name. Rows without a value come last. */
export interface Sort {
  /** As it was asked for: a field, with `-` before it for the other way round. */
  text: string;
  /** Writes down where each row of the block stands; drops those whose names came after the ranking. */
  place(block: Block): void;
  /** The place behind which a page begins. */
  placeOf(cursor: Cursor): Place;
  /** What a row with that key is sorted by; null: nothing. */
  valueOf(key: number): number | null;
}

/** What a row is sorted by; undefined: nothing. */
type Value = (moment: Moment, at: number) => number | undefined;
/** The same from a column: `weights` stand for its numbers. */
interface ColumnValue {
  column: 'result' | 'event' | 'executed';
  weights?: Float64Array;
}

/** Ranks of two names make one number: there are never more checks or clients than this. */
const MANY = 2 ** 26;
/** By status, severities in the order of their weight: ok, unknown, warning, critical. */
const WEIGHTS = new Float64Array(256).fill(1).fill(0, 0, 1).fill(2, 1, 2).fill(3, 2, 3);
/** Sorted by name alone. */
const NAMED = 'named';

const VALUES: Readonly<Record<Subject, Readonly<Record<string, Value | ColumnValue | typeof NAMED>>>> = {
  results: {
    client: NAMED,
    check: NAMED,
    status: { column: 'result', weights: WEIGHTS },
    executed: { column: 'executed' },
    duration: ({ table }, at) => table.state(at)?.check.duration,
  },
  events: {
    client: NAMED,
    check: NAMED,
    status: { column: 'event', weights: WEIGHTS },
    since: ({ table }, at) => {
      const event = table.state(at)?.event;
      return event ? sinceOf(event) : undefined;
    },
    timestamp: ({ table }, at) => table.state(at)?.event?.timestamp,
    occurrences: ({ table }, at) => table.state(at)?.event?.occurrences,
  },
  clients: {
    name: NAMED,
    status: ({ table }, at) => WEIGHTS[table.worst(at)],
    events: ({ table }, at) => table.openEvents(at),
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
  const rankWay = value === NAMED ? way : 1;
  const ranks = ranksOf(subject, name === 'check', moment);
  const keys = keysOf(value, way, moment);
  return {
    text,
    place: (block) => {
      ranks.write(block, rankWay);
      keys(block);
    },
    placeOf: ({ value: number, client, check }) => ({
      key: keyOf(number ?? undefined, way),
      rank: ranks.between(client, check) * rankWay,
    }),
    valueOf: (key) => (key === Number.POSITIVE_INFINITY ? null : key * way),
  };
}

function keyOf(value: number | undefined, way: number): number {
  return typeof value !== 'number' || Number.isNaN(value) ? Number.POSITIVE_INFINITY : value * way;
}

/** Writes down the keys of a block's rows. */
function keysOf(
  value: Value | ColumnValue | typeof NAMED,
  way: number,
  moment: Moment,
): (block: Block) => void {
  if (value === NAMED) return ({ keys }) => keys.fill(0);
  if (typeof value !== 'function') return (block) => columnKeys(value, way, block);
  return ({ rows, keys, count }) => {
    for (let index = 0; index < count; index++) {
      keys[index] = keyOf(value(moment, rows[index] as number), way);
    }
  };
}

function columnKeys(
  { column, weights }: ColumnValue,
  way: number,
  { rows, keys, count, chunk }: Block,
): void {
  if (!chunk) return;
  const values = chunk[column];
  for (let index = 0; index < count; index++) {
    const value = values[placeIn(rows[index] as number)] as number;
    keys[index] = keyOf(weights ? weights[value] : value, way);
  }
}

interface Ranks {
  /** Writes down the ranks of a block's rows, and drops rows whose names are not ranked. */
  write(block: Block, way: number): void;
  /** Also for names that are gone: between those that are there. */
  between(client: string, check: string): number;
}

function ranksOf(subject: Subject, checkFirst: boolean, { table }: Moment): Ranks {
  const clients = table.clientNames.ranking();
  const clientNameOf = (id: number): string => table.clientNames.nameOf(id);
  if (subject === 'clients') {
    return {
      write: (block, way) => clientRanks(block, clients.ranks, way),
      between: (client) => betweenOf(client, clients, clientNameOf),
    };
  }
  const checks = table.checkNames.ranking();
  const checkNameOf = (id: number): string => table.checkNames.nameOf(id);
  const clientWeight = checkFirst ? 1 : MANY;
  const checkWeight = checkFirst ? MANY : 1;
  return {
    write: (block, way) =>
      rowRanks(block, clients.ranks, checks.ranks, clientWeight * way, checkWeight * way),
    between: (client, check) =>
      betweenOf(client, clients, clientNameOf) * clientWeight +
      betweenOf(check, checks, checkNameOf) * checkWeight,
  };
}

function clientRanks(block: Block, ranks: Uint32Array, way: number): void {
  let kept = 0;
  for (let index = 0; index < block.count; index++) {
    const id = block.rows[index] as number;
    const rank = ranks[id] ?? UNRANKED;
    if (rank === UNRANKED) continue;
    block.rows[kept] = id;
    block.ranks[kept++] = rank * way;
  }
  block.count = kept;
}

function rowRanks(
  block: Block,
  clientRanks: Uint32Array,
  checkRanks: Uint32Array,
  clientWeight: number,
  checkWeight: number,
): void {
  const { rows, ranks, count, chunk } = block;
  if (!chunk) return;
  const { client, check } = chunk;
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const row = rows[index] as number;
    const place = placeIn(row);
    const clientRank = clientRanks[client[place] as number] ?? UNRANKED;
    const checkRank = checkRanks[check[place] as number] ?? UNRANKED;
    if (clientRank === UNRANKED || checkRank === UNRANKED) continue;
    rows[kept] = row;
    ranks[kept++] = clientRank * clientWeight + checkRank * checkWeight;
  }
  block.count = kept;
}

function betweenOf(name: string, { order }: Ranking, nameOf: (id: number) => string): number {
  const place = placeOf(name, order, 0, nameOf);
  const id = order[place];
  return id !== undefined && nameOf(id) === name ? place : place - 0.5;
}
