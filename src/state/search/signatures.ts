import type { Block } from './block.ts';
import { CHUNK_ROWS, type Chunk, placeIn } from './chunk.ts';
import { addText, hasAll, SIGNATURE_WORDS, type Wanted } from './groups.ts';
import type { Names } from './names.ts';

/** Changes of a table, each of its size, that are signed as they come after somebody looked for a text. */
const PATIENCE = 20;

/**
 * What the texts of a row may hold, which are its names and outputs: a bit for each group of three letters (Bloom,
 * "Space/time trade-offs in hash coding with allowable errors", 1970). A text whose bits are not all there is not in
 * them, so most rows are passed over without reading their documents. Made when a search for a text first comes to the
 * row; then, for as long as people look for texts, whenever the row changes.
 */
export class Signatures {
  readonly #clientNames: Names;
  readonly #checkNames: Names;
  #patience = 0;

  constructor(clientNames: Names, checkNames: Names) {
    this.#clientNames = clientNames;
    this.#checkNames = checkNames;
  }

  /** Somebody looks for a text in a table of so many rows. */
  expect(rows: number): void {
    this.#patience = rows * PATIENCE;
  }

  /** A row has changed. */
  changed(chunk: Chunk, place: number): void {
    chunk.isSigned[place] = 0;
    if (this.#patience === 0) return;
    this.#patience--;
    this.#sign(chunk, place);
  }

  /** False when no text of the row can hold what is wanted. */
  mayHold(chunk: Chunk, place: number, wanted: Wanted): boolean {
    if (chunk.isSigned[place] !== 1) this.#sign(chunk, place);
    return hasAll(wanted, bitsOf(chunk), place * SIGNATURE_WORDS);
  }

  /** Leaves the rows of a block that may hold what is wanted. */
  sieve(block: Block, wanted: Wanted): void {
    const { rows, count, chunk } = block;
    if (!chunk) return;
    const signatures = bitsOf(chunk);
    const { isSigned } = chunk;
    const [{ word, bits }] = wanted;
    let kept = 0;
    for (let index = 0; index < count; index++) {
      const row = rows[index] as number;
      const place = placeIn(row);
      if (isSigned[place] !== 1) this.#sign(chunk, place);
      const base = place * SIGNATURE_WORDS;
      // Most rows fail here.
      if (((signatures[base + word] as number) & bits) !== bits) continue;
      if (hasAll(wanted, signatures, base)) rows[kept++] = row;
    }
    block.count = kept;
  }

  #sign(chunk: Chunk, place: number): void {
    const signatures = bitsOf(chunk);
    const base = place * SIGNATURE_WORDS;
    for (let word = 0; word < SIGNATURE_WORDS; word++) signatures[base + word] = 0;
    chunk.isSigned[place] = 1;
    const state = chunk.states[place];
    if (!state) return;
    addText(this.#clientNames.nameOf(chunk.client[place] as number), signatures, base);
    addText(this.#checkNames.nameOf(chunk.check[place] as number), signatures, base);
    const { output } = state.check;
    addText(output, signatures, base);
    const told = state.event?.check.output;
    if (told !== output) addText(told, signatures, base);
  }
}

function bitsOf(chunk: Chunk): Int32Array {
  chunk.signatures ??= new Int32Array(CHUNK_ROWS * SIGNATURE_WORDS);
  return chunk.signatures;
}
