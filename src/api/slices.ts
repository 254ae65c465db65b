import type { Clock } from '../runtime/clock.ts';
import { Written } from './texts.ts';
import type { Turns } from './turns.ts';

/** Milliseconds that writing a list may hold the event loop. */
const TURN_MS = 8;
/** Characters after which a piece of text becomes bytes. */
const PIECE_CHARACTERS = 256 * 1024;

/** Items after which the time is looked at. */
const LOOK_EVERY = 16;

/** The bytes of a JSON array, piece by piece, in turns of a few milliseconds. Undefined items are left out. */
export async function* sliced(
  items: Iterable<unknown>,
  { clock, turns }: { clock: Clock; turns: Turns },
): AsyncGenerator<Buffer, void, void> {
  let text = '[';
  let separator = '';
  let seen = 0;
  await turns.next();
  let begunMs = clock.elapsed();
  for (const item of items) {
    if (item !== undefined) {
      text += separator + (item instanceof Written ? item.text : JSON.stringify(item));
      separator = ',';
    }
    if (text.length >= PIECE_CHARACTERS) {
      yield Buffer.from(text);
      text = '';
    }
    if (++seen % LOOK_EVERY === 0 && clock.elapsed() - begunMs >= TURN_MS) {
      await turns.next();
      begunMs = clock.elapsed();
    }
  }
  yield Buffer.from(`${text}]`);
}
