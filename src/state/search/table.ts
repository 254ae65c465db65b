import { SEVERITIES, severityOf } from '../../model/severity.ts';
import type { CheckState, ClientState } from '../documents.ts';
import { splitStateName } from '../documents.ts';
import { hasResult } from '../views.ts';
import { Names } from './names.ts';

/** In a column of statuses: there is none. */
export const NONE = 255;
/** In a column of statuses: it is not one of 0 to 253; the document says which. */
export const OTHER = 254;

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

/**
 * Every client and every state of a check as a row, in columns: what most searches ask for is read from arrays of small
 * numbers, the rest from the documents. A row stays where it is as long as its document exists.
 */
export class Table {
  readonly clientNames = new Names();
  readonly checkNames = new Names();
  /** id of a client → the client, if it is registered */
  readonly clients: (ClientState | undefined)[] = [];
  /** row → state of a check; undefined: the row is free */
  readonly states: (CheckState | undefined)[] = [];
  /** row → ids, and the status of the result and of the open event */
  client = new Uint32Array(1024);
  check = new Uint32Array(1024);
  result = new Uint8Array(1024).fill(NONE);
  event = new Uint8Array(1024).fill(NONE);
  /** row → Unix seconds of the execution; NaN: unknown */
  executed = new Float64Array(1024);
  /** id of a client × `COUNTS` */
  #counts = new Uint32Array(1024);
  readonly #rows = new Map<string, number>();
  readonly #free: number[] = [];

  /** All rows are below this. */
  get end(): number {
    return this.states.length;
  }

  /** Documents in the table. */
  get size(): number {
    return this.#rows.size;
  }

  /** Names of the units of state that have a row. */
  names(): Iterable<string> {
    return this.#rows.keys();
  }

  /** How the checks of a client stand. */
  standing(client: number): Standing {
    const [ok = 0, warning = 0, critical = 0, unknown = 0, events = 0] = this.#counts.subarray(
      client * COUNTS,
      (client + 1) * COUNTS,
    );
    return { ok, warning, critical, unknown, events };
  }

  /** Takes what a unit of state has become; undefined: it is gone. */
  noteState(name: string, state: CheckState | undefined): void {
    const known = this.#rows.get(name);
    if (!state) {
      if (known !== undefined) this.#drop(name, known);
      return;
    }
    const row = known ?? this.#add(name);
    this.states[row] = state;
    this.executed[row] = state.check.executed ?? Number.NaN;
    const result = hasResult(state) ? columnOf(state.check.status) : NONE;
    const event = state.event ? columnOf(state.event.check.status) : NONE;
    if (result !== this.result[row] || event !== this.event[row]) this.#count(row, result, event);
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

  #add(name: string): number {
    const { client, check } = splitStateName(name);
    const row = this.#free.pop() ?? this.states.length;
    if (row >= this.client.length) this.#grow();
    this.#rows.set(name, row);
    this.client[row] = this.#takeClient(client);
    this.check[row] = this.checkNames.take(check);
    return row;
  }

  #drop(name: string, row: number): void {
    this.#count(row, NONE, NONE);
    this.states[row] = undefined;
    this.#rows.delete(name);
    this.#free.push(row);
    this.checkNames.release(this.check[row] ?? 0);
    this.#releaseClient(this.client[row] ?? 0);
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
    const base = (this.client[row] ?? 0) * COUNTS;
    this.#tally(base, this.result[row] ?? NONE, this.event[row] ?? NONE, -1);
    this.#tally(base, result, event, 1);
    this.result[row] = result;
    this.event[row] = event;
  }

  #tally(base: number, result: number, event: number, by: 1 | -1): void {
    if (result !== NONE) this.#bump(base + severityIndex(result), by);
    if (event !== NONE) this.#bump(base + EVENTS, by);
  }

  #bump(at: number, by: number): void {
    this.#counts[at] = (this.#counts[at] ?? 0) + by;
  }

  #grow(): void {
    this.client = grown(this.client);
    this.check = grown(this.check);
    this.executed = grown(this.executed);
    this.result = grown(this.result, NONE);
    this.event = grown(this.event, NONE);
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

function grown<Column extends Uint8Array | Uint32Array | Float64Array>(column: Column, fill = 0): Column {
  const larger = new (column.constructor as new (length: number) => Column)(column.length * 2);
  larger.fill(fill, column.length);
  larger.set(column);
  return larger;
}
