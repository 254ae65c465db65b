import { SEVERITIES, severityOf } from '../../model/severity.ts';
import type { CheckState, ClientState } from '../documents.ts';
import { splitStateName } from '../documents.ts';
import { hasResult } from '../views.ts';
import { CHUNK_ROWS, Chunk, chunkNumber, NONE, OTHER, placeIn } from './chunk.ts';
import type { Wanted } from './groups.ts';
import { Names } from './names.ts';
import { Numbers } from './numbers.ts';
import { Signatures } from './signatures.ts';

/** How many results of each severity a client has, and how many open events. */
export interface Standing {
  ok: number;
  warning: number;
  critical: number;
  unknown: number;
  events: number;
}

const COUNTS = SEVERITIES.length + 1;
const EVENTS = SEVERITIES.length;
/** Statuses that are not OK, the worst first. */
const BY_WEIGHT = [2, 1, 3];

/** Where rows lie: in a chunk from a place on, up to a row that is not among them. */
export interface RowStretch {
  chunk: Chunk;
  place: number;
  to: number;
}

/**
 * Every client and every state of a check as a row, in columns: what most searches ask for is read from arrays of small
 * numbers, the rest from the documents. A row stays where it is as long as its document exists.
 */
export class Table {
  readonly clientNames = new Names();
  readonly checkNames = new Names();
  readonly signatures = new Signatures(this.clientNames, this.checkNames);
  /** id of a client → the client, if it is registered */
  readonly clients: (ClientState | undefined)[] = [];
  readonly #chunks: Chunk[] = [];
  #end = 0;
  /** id of a client × `COUNTS` */
  #counts = new Uint32Array(1024);
  /** row of each unit of state */
  readonly #rows = new Numbers();
  readonly #free: number[] = [];

  /** All rows are below this. */
  get end(): number {
    return this.#end;
  }

  /** Names of the units of state that have a row. */
  names(): Iterable<string> {
    return this.#rows.names();
  }

  /** The rows from one on that lie together, up to another one at most. */
  stretchAt(row: number, end: number): RowStretch {
    const place = placeIn(row);
    return { chunk: this.#chunkOf(row), place, to: Math.min(end, row - place + CHUNK_ROWS) };
  }

  /** The state of a check; undefined: the row is free. */
  state(row: number): CheckState | undefined {
    return this.#chunkOf(row).states[placeIn(row)];
  }

  /** Id of the client's name. */
  client(row: number): number {
    return this.#chunkOf(row).client[placeIn(row)] as number;
  }

  /** Id of the check's name. */
  check(row: number): number {
    return this.#chunkOf(row).check[placeIn(row)] as number;
  }

  /** Status of the result, or NONE, or OTHER. */
  result(row: number): number {
    return this.#chunkOf(row).result[placeIn(row)] as number;
  }

  /** Status of the open event, or NONE, or OTHER. */
  event(row: number): number {
    return this.#chunkOf(row).event[placeIn(row)] as number;
  }

  /** Unix seconds; NaN: unknown. */
  executed(row: number): number {
    return this.#chunkOf(row).executed[placeIn(row)] as number;
  }

  /** Whether the texts of a row can hold what is wanted. */
  mayHold(row: number, wanted: Wanted): boolean {
    return this.signatures.mayHold(this.#chunkOf(row), placeIn(row), wanted);
  }

  /** How the checks of a client stand. */
  standing(client: number): Standing {
    const [ok = 0, warning = 0, critical = 0, unknown = 0, events = 0] = this.#counts.subarray(
      client * COUNTS,
      (client + 1) * COUNTS,
    );
    return { ok, warning, critical, unknown, events };
  }

  /** The worst status of a client's results: critical before warning before unknown. */
  worst(client: number): number {
    const base = client * COUNTS;
    return BY_WEIGHT.find((status) => (this.#counts[base + status] ?? 0) > 0) ?? 0;
  }

  /** How many events of a client are open. */
  openEvents(client: number): number {
    return this.#counts[client * COUNTS + EVENTS] ?? 0;
  }

  /** Takes what a unit of state has become; undefined: it is gone. */
  noteState(name: string, state: CheckState | undefined): void {
    const known = this.#rows.get(name);
    if (!state) {
      if (known !== undefined) this.#drop(name, known);
      return;
    }
    const row = known ?? this.#add(name);
    const chunk = this.#chunkOf(row);
    const place = placeIn(row);
    chunk.states[place] = state;
    chunk.executed[place] = state.check.executed ?? Number.NaN;
    this.signatures.changed(chunk, place);
    const result = hasResult(state) ? columnOf(state.check.status) : NONE;
    const event = state.event ? columnOf(state.event.check.status) : NONE;
    if (result !== chunk.result[place] || event !== chunk.event[place]) this.#count(row, result, event);
  }

  /** As `noteState`, for a client. */
  noteClient(name: string, client: ClientState | undefined): void {
    const known = this.clientNames.idOf(name);
    const isHere = known !== undefined && this.clients[known] !== undefined;
    if (client) this.clients[isHere ? known : this.#takeClient(name)] = client;
    else if (isHere) {
      this.clients[known] = undefined;
      this.#releaseClient(known);
    }
  }

  /** Forgets names that nobody has any more. Only while no search is under way. */
  recycle(): void {
    this.clientNames.recycle();
    this.checkNames.recycle();
  }

  #chunkOf(row: number): Chunk {
    return this.#chunks[chunkNumber(row)] as Chunk;
  }

  #add(name: string): number {
    const { client, check } = splitStateName(name);
    const row = this.#free.pop() ?? this.#end++;
    if (chunkNumber(row) === this.#chunks.length) this.#chunks.push(new Chunk());
    this.#rows.add(name, row);
    const chunk = this.#chunkOf(row);
    chunk.client[placeIn(row)] = this.#takeClient(client);
    chunk.check[placeIn(row)] = this.checkNames.take(check);
    return row;
  }

  #drop(name: string, row: number): void {
    this.#count(row, NONE, NONE);
    this.#chunkOf(row).states[placeIn(row)] = undefined;
    this.#rows.remove(name);
    this.#free.push(row);
    this.checkNames.release(this.check(row));
    this.#releaseClient(this.client(row));
  }

  #takeClient(name: string): number {
    const id = this.clientNames.take(name);
    while ((id + 1) * COUNTS > this.#counts.length) this.#counts = grown(this.#counts);
    return id;
  }

  #releaseClient(id: number): void {
    if (this.clientNames.release(id)) this.#counts.fill(0, id * COUNTS, (id + 1) * COUNTS);
  }

  #count(row: number, result: number, event: number): void {
    const { chunk, place } = this.stretchAt(row, row + 1);
    const base = (chunk.client[place] ?? 0) * COUNTS;
    this.#tally(base, chunk.result[place] ?? NONE, chunk.event[place] ?? NONE, -1);
    this.#tally(base, result, event, 1);
    chunk.result[place] = result;
    chunk.event[place] = event;
  }

  #tally(base: number, result: number, event: number, by: 1 | -1): void {
    if (result !== NONE) this.#bump(base + severityIndex(result), by);
    if (event !== NONE) this.#bump(base + EVENTS, by);
  }

  #bump(at: number, by: number): void {
    this.#counts[at] = (this.#counts[at] ?? 0) + by;
  }
}

/** 0 to 3, of a value in a column of statuses. */
export function severityIndex(column: number): number {
  return column < SEVERITIES.length ? column : SEVERITIES.length - 1;
}

/** The severity word of a value in a column of statuses. */
export function severityAt(column: number): string {
  return severityOf(severityIndex(column));
}

function columnOf(status: number): number {
  return status >= 0 && status < OTHER ? status : OTHER;
}

function grown(counts: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(counts.length * 2);
  larger.set(counts);
  return larger;
}
