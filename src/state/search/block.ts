import type { Chunk } from './chunk.ts';

/** Most rows that are looked at between two looks at the time. */
export const BLOCK_ROWS = 256;

/** Some rows of one chunk that are looked at together; each question leaves fewer of them. */
export class Block {
  /** Rows of the table in order, or ids of clients; those below `count` are left. */
  readonly rows = new Uint32Array(BLOCK_ROWS);
  count = 0;
  /** The chunk of all rows; undefined: they are clients. */
  chunk: Chunk | undefined;
  /** Where each row stands in the order that is asked for, small ones first: by key, then by rank. */
  readonly keys = new Float64Array(BLOCK_ROWS);
  readonly ranks = new Float64Array(BLOCK_ROWS);
}
