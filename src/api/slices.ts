import type { Clock } from '../runtime/clock.ts';
import { Written } from './texts.ts';
import type { Turns } from './turns.ts';

/** Milliseconds that writing a list may hold the event loop. */
const TURN_MS = 8;
/** Bytes that are handed on together. */
const PIECE_BYTES = 256 * 1024;
/** Items after which the time is looked at. */
const LOOK_EVERY = 16;
const OPENING = '['.charCodeAt(0);

/** The bytes of a JSON array, piece by piece, in turns of a few milliseconds. Undefined items are left out. */
export async function* sliced(
  items: Iterable<unknown>,
  { clock, turns }: { clock: Clock; turns: Turns },
): AsyncGenerator<Buffer, void, void> {
  const piece = new Piece();
  let seen = 0;
  await turns.next();
  let begunMs = clock.elapsed();
  for (const item of items) {
    if (item !== undefined) piece.add(item instanceof Written ? item : new Written(item));
    if (piece.bytes >= PIECE_BYTES) yield piece.take();
    if (++seen % LOOK_EVERY === 0 && clock.elapsed() - begunMs >= TURN_MS) {
      await turns.next();
      begunMs = clock.elapsed();
    }
  }
  yield piece.end();
}

/** Gathers items. Each begins with a comma; that of the first one becomes the bracket that opens the array. */
class Piece {
  #parts: Buffer[] = [];
  #isFirst = true;
  bytes = 0;

  add({ bytes }: Written): void {
    this.#parts.push(bytes);
    this.bytes += bytes.length;
  }

  take(): Buffer {
    const whole = Buffer.concat(this.#parts);
    if (this.#isFirst) whole[0] = OPENING;
    this.#isFirst = false;
    this.#parts = [];
    this.bytes = 0;
    return whole;
  }

  /** What is left, with the bracket that closes the array. */
  end(): Buffer {
    const isEmpty = this.#isFirst && this.#parts.length === 0;
    this.#parts.push(Buffer.from(isEmpty ? '[]' : ']'));
    return this.take();
  }
}
