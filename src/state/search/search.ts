import { type Mistake, type Parsed, parseSearch, type Search } from '../../expression/index.ts';
import type { Clock } from '../../runtime/clock.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { CheckState, ClientState } from '../documents.ts';
import type { Views } from '../views.ts';
import type { Block } from './block.ts';
import { compile } from './compile.ts';
import { cursorText, readCursor } from './cursor.ts';
import type { Moment, Subject } from './fields.ts';
import { Room } from './room.ts';
import { type Row, SEARCH_FIELDS } from './rows.ts';
import { scan } from './scan.ts';
import { Silencing } from './silencing.ts';
import { type Sort, sortOf, sortsOf } from './sorts.ts';
import type { Standing } from './table.ts';
import { type Tally, tallyOf } from './tally.ts';
import { type Place, Top } from './top.ts';
import type { Stretch, Turns } from './turns.ts';
import type { Upkeep } from './upkeep.ts';

/** What is asked. */
export interface Question {
  subject: Subject;
  /** The search; empty: everything. */
  q: string;
  /** A field of `sortsOf`, `-` before it for the other way round. */
  sort?: string | undefined;
  /** Most items of the page. */
  limit: number;
  /** `next` of the page before. */
  cursor?: string | undefined;
  /** Fields whose values are counted. */
  counts: readonly string[];
}

/** One thing that was found, as it was when it was found. */
export interface Hit {
  client: string;
  /** Empty for a client. */
  check: string;
  state: CheckState | undefined;
  known: ClientState | undefined;
  standing: Standing;
}

/** A part of what was found. */
export interface Page<Item> {
  items: Item[];
  /** How many there are in all. */
  total: number;
  counts: Record<string, Record<string, number>>;
  /** Cursor of the next page; null on the last one. */
  next: string | null;
}

/** Makes a hit into what is shown. `length`: characters of the text that it will be, about. */
export type Show<Item> = (hit: Hit, moment: Moment) => { item: Item; length: number };

/** Bounds that tests make small. */
export interface SearchLimits {
  /** Searches at once, and searches that may wait. */
  atOnce: number;
  waiting: number;
  /** Longest time of one search. */
  searchMs: number;
  /** Characters after which a page ends early. */
  pageLength: number;
}

export const SEARCH_LIMITS: SearchLimits = {
  atOnce: 4,
  waiting: 32,
  searchMs: 10_000,
  pageLength: 2_000_000,
};

const MOST_COUNTS = 10;

/**
 * Answers searches from the table, in slices, so that nothing else waits long. Each search sees every row once; what
 * changes on the way is seen before or after its change.
 */
export class Searcher {
  readonly #parts: { views: Views; clock: Clock; turns: Turns; upkeep: Upkeep };
  readonly #limits: SearchLimits;
  readonly #room: Room;

  constructor(
    parts: { views: Views; clock: Clock; turns: Turns; upkeep: Upkeep },
    limits: Partial<SearchLimits> = {},
  ) {
    this.#parts = parts;
    this.#limits = { ...SEARCH_LIMITS, ...limits };
    this.#room = new Room(this.#limits.atOnce, this.#limits.waiting);
  }

  /**
   * A page of what is asked for, or the mistake in the search.
   * @throws TocsinError MESSAGE_INVALID for an order, a cursor or a field to count that does not exist; SEARCH_BUSY
   *   when too many searches run; TIMED_OUT when it takes too long
   */
  async page<Item>(question: Question, show: Show<Item>): Promise<Parsed<Page<Item>>> {
    const parsed = this.parse(question.subject, question.q);
    if (parsed.mistake) return { mistake: parsed.mistake };
    return this.#inRoom(async (stretch) => ({
      value: await this.#page(question, parsed.value, show, stretch),
    }));
  }

  /**
   * The names of everything that is asked for: of clients, or `<client>/<check>`, in order.
   * @throws as `page`, and MESSAGE_INVALID when there are more than `most`
   */
  async names(subject: Subject, q: string, most: number): Promise<Parsed<string[]>> {
    const parsed = this.parse(subject, q);
    if (parsed.mistake) return { mistake: parsed.mistake };
    return this.#inRoom(async (stretch) => {
      const moment = this.#moment();
      const found: string[] = [];
      await this.#scan(subject, parsed.value, moment, stretch, ({ rows, count }) => {
        if (found.length + count > most) throw tooMany(most);
        for (const at of rows.subarray(0, count)) found.push(nameAt(subject, moment, at));
      });
      return { value: found.sort() };
    });
  }

  /** The search in a text. */
  parse(
    subject: Subject,
    q: string,
  ): { value: Search<Row>; mistake?: undefined } | { value?: undefined; mistake: Mistake } {
    return parseSearch(q, SEARCH_FIELDS[subject]);
  }

  #inRoom<Value>(work: (stretch: Stretch) => Promise<Value>): Promise<Value> {
    const { upkeep, turns } = this.#parts;
    return this.#room.run(async () => {
      await upkeep.built;
      // Nobody else is under way, so names that are gone can be forgotten.
      if (this.#room.inside === 1) upkeep.table.recycle();
      const stretch = turns.stretch();
      await stretch.next();
      return work(stretch);
    });
  }

  #moment(): Moment {
    const { views, clock, upkeep } = this.#parts;
    const nowMs = clock.now();
    return { table: upkeep.table, nowMs, silencing: new Silencing(views.silences(), nowMs) };
  }

  async #page<Item>(
    question: Question,
    search: Search<Row>,
    show: Show<Item>,
    stretch: Stretch,
  ): Promise<Page<Item>> {
    const { subject, limit } = question;
    const moment = this.#moment();
    const sort = sortOf(subject, question.sort, moment);
    if (!sort) throw noSuch('order', question.sort, sortsOf(subject));
    const tallies = talliesOf(question, moment);
    const top = new Top<Found>(limit, placeBehind(question, sort));
    let total = 0;
    await this.#scan(subject, search, moment, stretch, (block) => {
      sort.place(block);
      total += block.count;
      for (const tally of tallies) tally.add(block);
      top.offerAll(block, (at, key) => ({ key, hit: hitAt(subject, moment, at) }));
    });
    const { items, last } = await this.#shown(top.first(), show, moment, stretch);
    const counts: Page<Item>['counts'] = {};
    for (const tally of tallies) counts[tally.name] = await tally.result(stretch);
    const next = last && items.length < top.offered ? nextOf(sort, last) : null;
    return { items, total, counts, next };
  }

  #scan(
    subject: Subject,
    { tree }: Search<Row>,
    moment: Moment,
    stretch: Stretch,
    visit: (block: Block) => void,
  ): Promise<void> {
    const part = compile(tree, subject, moment);
    const walk = { clock: this.#parts.clock, stretch, limitMs: this.#limits.searchMs };
    return scan({ subject, moment, part }, walk, visit);
  }

  /** What is shown of a page; it ends early when it gets too long. */
  async #shown<Item>(
    found: readonly Found[],
    show: Show<Item>,
    moment: Moment,
    stretch: Stretch,
  ): Promise<{ items: Item[]; last: Found | undefined }> {
    const items: Item[] = [];
    let last: Found | undefined;
    let length = 0;
    for (const one of found) {
      if (length > this.#limits.pageLength) break;
      if (stretch.isOver()) await stretch.next();
      const shown = show(one.hit, moment);
      items.push(shown.item);
      length += shown.length;
      last = one;
    }
    return { items, last };
  }
}

interface Found {
  key: number;
  hit: Hit;
}

function hitAt(subject: Subject, { table }: Moment, at: number): Hit {
  const id = subject === 'clients' ? at : table.client(at);
  return {
    client: table.clientNames.nameOf(id),
    check: subject === 'clients' ? '' : table.checkNames.nameOf(table.check(at)),
    state: subject === 'clients' ? undefined : table.state(at),
    known: table.clients[id],
    standing: table.standing(id),
  };
}

function nameAt(subject: Subject, { table }: Moment, at: number): string {
  if (subject === 'clients') return table.clientNames.nameOf(at);
  return `${table.clientNames.nameOf(table.client(at))}/${table.checkNames.nameOf(table.check(at))}`;
}

function nextOf(sort: Sort, { key, hit: { client, check } }: Found): string {
  return cursorText({ sort: sort.text, value: sort.valueOf(key), client, check });
}

function placeBehind({ cursor: text }: Question, sort: Sort): Place | undefined {
  if (text === undefined) return undefined;
  const cursor = readCursor(text);
  if (!cursor) throw new TocsinError('MESSAGE_INVALID', '"cursor" must be the "next" of a page.');
  if (cursor.sort === sort.text) return sort.placeOf(cursor);
  throw new TocsinError('MESSAGE_INVALID', `This "cursor" belongs to "sort=${cursor.sort}".`);
}

function talliesOf({ counts, subject }: Question, moment: Moment): Tally[] {
  if (counts.length > MOST_COUNTS) {
    throw new TocsinError('MESSAGE_INVALID', `"counts" may name ${MOST_COUNTS} fields at most.`);
  }
  return [...new Set(counts)].map((name) => {
    const tally = tallyOf(name, subject, moment);
    if (!tally) throw noSuch('field to count', name, [...SEARCH_FIELDS[subject].fields.keys()]);
    return tally;
  });
}

function noSuch(what: string, name: string | undefined, known: readonly string[]): TocsinError {
  return new TocsinError('MESSAGE_INVALID', `There is no ${what} "${name}"; known are ${known.join(', ')}.`);
}

function tooMany(most: number): TocsinError {
  return new TocsinError('MESSAGE_INVALID', `The search finds more than ${most}; narrow it down.`);
}
