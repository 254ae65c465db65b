import { valueAt } from '../../model/attributes.ts';
import type { Block } from './block.ts';
import { placeIn } from './chunk.ts';
import { FIELDS, type Field, type Moment, type Subject } from './fields.ts';
import type { Names } from './names.ts';
import { secretsOf } from './secrets.ts';
import { severityAt } from './table.ts';
import { Top } from './top.ts';
import type { Stretch } from './turns.ts';

/** Most values of a field that are told, the most frequent ones. */
export const MOST_VALUES = 100;
/** Most values of a field that are told apart while counting; what comes later is not counted. */
const MOST_DISTINCT = 200_000;
const LONGEST_VALUE = 200;
/** Values between two looks at the time. */
const GLANCE = 256;

type Source = Pick<Field, 'reach' | 'type' | 'read' | 'column'>;
type Counts = Record<string, number>;

/** Counts how often each value of a field occurs among rows. */
export interface Tally {
  name: string;
  add(block: Block): void;
  /** Values and how often they occurred, the most frequent first. */
  result(stretch: Stretch): Promise<Counts>;
}

/** Undefined for a name that is no field. */
export function tallyOf(name: string, subject: Subject, moment: Moment): Tally | undefined {
  const source = sourceOf(name, subject);
  if (!source) return undefined;
  const key = keyOf(source.reach, subject, moment);
  return key ? new KeyTally(name, source, key, moment) : new RowTally(name, source, moment);
}

/** The field or attribute of a document that a name stands for; undefined when there is none. */
function sourceOf(name: string, subject: Subject): Source | undefined {
  const { fields, documents } = FIELDS[subject];
  if (Object.hasOwn(fields, name)) return fields[name];
  const [root = '', ...steps] = name.split('.');
  const document = Object.hasOwn(documents, root) ? documents[root] : undefined;
  if (!document || steps.length === 0 || steps.includes('')) return undefined;
  const read = (moment: Moment, at: number): unknown => {
    const secrets = secretsOf(document.owner(moment, at));
    return steps.some((step) => secrets.has(step)) ? undefined : valueAt(document.read(moment, at), steps);
  };
  return { reach: document.reach, type: 'any', read };
}

/** The column of small numbers that a value hangs on, where they end, and what they stand for if they are names. */
interface Key {
  column: 'client' | 'check' | 'result' | 'event';
  end: number;
  names?: Names;
}

function keyOf(reach: Field['reach'], subject: Subject, { table }: Moment): Key | undefined {
  if (subject === 'clients' || reach === 'row') return undefined;
  if (reach === 'status') {
    return { column: subject === 'results' ? 'result' : 'event', end: 256 };
  }
  const names = reach === 'client' ? table.clientNames : table.checkNames;
  return { column: reach, end: names.end, names };
}

/** Counts by a column, and reads a value only once for each number in it. */
class KeyTally implements Tally {
  readonly name: string;
  readonly #source: Source;
  readonly #moment: Moment;
  readonly #column: Key['column'];
  /** The values, when they are the names that the numbers stand for. */
  readonly #names: Names | undefined;
  readonly #counts: Uint32Array;
  /** number → its value */
  readonly #values: unknown[] = [];

  constructor(name: string, source: Source, key: Key, moment: Moment) {
    this.name = name;
    this.#source = source;
    this.#moment = moment;
    this.#column = key.column;
    this.#names = source.column === 'name' ? key.names : undefined;
    this.#counts = new Uint32Array(key.end);
  }

  add({ rows, count, chunk }: Block): void {
    if (!chunk) return;
    const column = chunk[this.#column];
    const counts = this.#counts;
    const isName = this.#names !== undefined;
    for (let index = 0; index < count; index++) {
      const row = rows[index] as number;
      const key = column[placeIn(row)] as number;
      const known = counts[key] as number;
      if (known === 0 && !isName) this.#values[key] = this.#source.read(this.#moment, row);
      counts[key] = known + 1;
    }
  }

  async result(stretch: Stretch): Promise<Counts> {
    if (this.#names) return this.#named(this.#names, stretch);
    const totals = new Totals(this.#source);
    for (let key = 0; key < this.#counts.length; key++) {
      if (key % GLANCE === 0 && stretch.isOver()) await stretch.next();
      const count = this.#counts[key] as number;
      if (count > 0) totals.add(this.#values[key], count);
    }
    return totals.result(stretch);
  }

  /** Each number has another name, so the numbers can be compared instead of these. */
  async #named(names: Names, stretch: Stretch): Promise<Counts> {
    const top = new Top<number>(MOST_VALUES);
    for (let key = 0; key < this.#counts.length; key++) {
      if (key % GLANCE === 0 && stretch.isOver()) await stretch.next();
      const count = this.#counts[key] as number;
      if (count > 0) top.offer(-count, key, key);
    }
    const totals = new Totals(this.#source);
    for (const key of top.first()) totals.add(names.nameOf(key), this.#counts[key] as number);
    return totals.result(stretch);
  }
}

/** Reads the value of each row. */
class RowTally implements Tally {
  readonly name: string;
  readonly #source: Source;
  readonly #moment: Moment;
  readonly #totals: Totals;

  constructor(name: string, source: Source, moment: Moment) {
    this.name = name;
    this.#source = source;
    this.#moment = moment;
    this.#totals = new Totals(source);
  }

  add({ rows, count }: Block): void {
    for (let index = 0; index < count; index++) {
      this.#totals.add(this.#source.read(this.#moment, rows[index] as number), 1);
    }
  }

  result(stretch: Stretch): Promise<Counts> {
    return this.#totals.result(stretch);
  }
}

/** How often each value was met, as the text that is shown. */
class Totals {
  readonly #isSeverity: boolean;
  readonly #totals = new Map<string, number>();

  constructor({ type }: Source) {
    this.#isSeverity = type === 'severity';
  }

  /** A list has the values of all its items; nothing and objects have none. */
  add(value: unknown, by: number): void {
    if (Array.isArray(value)) for (const item of value) this.#add(item, by);
    else this.#add(value, by);
  }

  async result(stretch: Stretch): Promise<Counts> {
    const top = new Top<[string, number]>(MOST_VALUES);
    let rank = 0;
    for (const [value, count] of this.#totals) {
      if (rank % GLANCE === 0 && stretch.isOver()) await stretch.next();
      top.offer(-count, rank++, [value, count]);
    }
    return Object.fromEntries(top.first());
  }

  #add(value: unknown, by: number): void {
    if (value === undefined || value === null || typeof value === 'object') return;
    if (this.#isSeverity && typeof value !== 'number') return;
    const text = this.#isSeverity ? severityAt(value as number) : cut(String(value));
    const known = this.#totals.get(text);
    if (known !== undefined || this.#totals.size < MOST_DISTINCT) this.#totals.set(text, (known ?? 0) + by);
  }
}

function cut(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
