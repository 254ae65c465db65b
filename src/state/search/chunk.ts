import type { CheckState } from '../documents.ts';

const CHUNK_BITS = 14;
/** Rows of a chunk. */
export const CHUNK_ROWS = 2 ** CHUNK_BITS;
const PLACES = CHUNK_ROWS - 1;

/** In a column of statuses: there is none. */
export const NONE = 255;
/** In a column of statuses: it is not one of 0 to 253; the document says which. */
export const OTHER = 254;

/**
 * Some thousand rows of the table, in columns. The table grows by whole chunks, so that nothing of what is there has to
 * be copied.
 */
export class Chunk {
  /** state of a check; undefined: the row is free */
  readonly states: (CheckState | undefined)[] = [];
  /** ids of the names */
  readonly client = new Uint32Array(CHUNK_ROWS);
  readonly check = new Uint32Array(CHUNK_ROWS);
  /** status of the result, and of the open event */
  readonly result = new Uint8Array(CHUNK_ROWS).fill(NONE);
  readonly event = new Uint8Array(CHUNK_ROWS).fill(NONE);
  /** Unix seconds of the execution; NaN: unknown */
  readonly executed = new Float64Array(CHUNK_ROWS);
  /** what the texts may hold (`Signatures`), and 1 where it is of the texts as they are now */
  signatures: Int32Array | undefined;
  readonly isSigned = new Uint8Array(CHUNK_ROWS);
}

/** Which chunk a row is in. */
export function chunkNumber(row: number): number {
  return row >>> CHUNK_BITS;
}

/** Where in the columns of its chunk a row stands. */
export function placeIn(row: number): number {
  return row & PLACES;
}
