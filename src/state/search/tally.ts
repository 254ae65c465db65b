import { valueAt } from '../../model/attributes.ts';
import { FIELDS, type Field, type Moment, type Subject } from './fields.ts';
import { secretsOf } from './secrets.ts';
import { NONE, severityAt } from './table.ts';
import { Top } from './top.ts';
import type { Stretch } from './turns.ts';

/** Most values of a field that are told, the most frequent ones. */
export const MOST_VALUES = 100;
/** Most values of a field that are told apart while counting; what comes later is not counted. */
const MOST_DISTINCT = 200_000;
const LONGEST_VALUE = 200;
/** Values between two looks at the time. */
const GLANCE = 256;

type Source = Pick<Field, 'reach' | 'type' | 'read'>;

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

/** Counts how often each value of a field occurs among rows. */
export class Tally {
  readonly name: string;
  readonly #source: Source;
  readonly #moment: Moment;
  readonly #keyOf: (at: number) => number | undefined;
  /** key (a client, the name of a check, a status) → how many rows, and their values */
  readonly #counts: number[] = [];
  readonly #values: (readonly string[])[] = [];
  readonly #totals = new Map<string, number>();

  private constructor(name: string, source: Source, subject: Subject, moment: Moment) {
    this.name = name;
    this.#source = source;
    this.#moment = moment;
    this.#keyOf = keyOf(source.reach, subject, moment);
  }

  /** Undefined for a name that is no field. */
  static of(name: string, subject: Subject, moment: Moment): Tally | undefined {
    const source = sourceOf(name, subject);
    return source && new Tally(name, source, subject, moment);
  }

  add(at: number): void {
    const key = this.#keyOf(at);
    if (key === undefined) {
      for (const value of this.#valuesOf(at)) this.#count(value, 1);
      return;
    }
    const known = this.#counts[key];
    if (known === undefined) this.#values[key] = this.#valuesOf(at);
    this.#counts[key] = (known ?? 0) + 1;
  }

  /** Values and how often they occurred, the most frequent first. */
  async result(stretch: Stretch): Promise<Record<string, number>> {
    for (let key = 0; key < this.#counts.length; key++) {
      if (key % GLANCE === 0 && stretch.isOver()) await stretch.next();
      const count = this.#counts[key];
      if (count === undefined) continue;
      for (const value of this.#values[key] ?? []) this.#count(value, count);
    }
    const top = new Top<[string, number]>(MOST_VALUES, { values: -1, names: 1 });
    let rank = 0;
    for (const [value, count] of this.#totals) {
      if (rank % GLANCE === 0 && stretch.isOver()) await stretch.next();
      if (top.offer(count, rank)) top.keep(count, rank, [value, count]);
      rank++;
    }
    return Object.fromEntries(top.first());
  }

  #count(value: string, by: number): void {
    const known = this.#totals.get(value);
    if (known !== undefined || this.#totals.size < MOST_DISTINCT) this.#totals.set(value, (known ?? 0) + by);
  }

  #valuesOf(at: number): readonly string[] {
    const value = this.#source.read(this.#moment, at);
    if (this.#source.type === 'severity') return typeof value === 'number' ? [severityAt(value)] : [];
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    return items.filter((item) => item != null && typeof item !== 'object').map((item) => cut(String(item)));
  }
}

function cut(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

function keyOf(
  reach: Field['reach'],
  subject: Subject,
  { table }: Moment,
): (at: number) => number | undefined {
  if (subject === 'clients' || reach === 'row') return () => undefined;
  if (reach === 'client') return (at) => table.client[at];
  if (reach === 'check') return (at) => table.check[at];
  return subject === 'results' ? (at) => table.result[at] ?? NONE : (at) => table.event[at] ?? NONE;
}
