import type { Clock } from '../runtime/clock.ts';
import type { Turns } from './turns.ts';

/** Milliseconds that writing a list may hold the event loop. */
const TURN_MS = 8;
/** Items that are written together: one call for many is a third cheaper than one for each. */
const TOGETHER = 32;
/** Characters after which a piece of text becomes bytes. */
const PIECE_CHARACTERS = 256 * 1024;

/** The bytes of a JSON array, piece by piece, in turns of a few milliseconds. Undefined items are left out. */
export async function* sliced(
  items: Iterable<unknown>,
  { clock, turns }: { clock: Clock; turns: Turns },
): AsyncGenerator<Buffer, void, void> {
  let text = '[';
  let isFirst = true;
  await turns.next();
  let begunMs = clock.elapsed();
  for (const group of groups(items)) {
    if (group.length > 0) {
      text += (isFirst ? '' : ',') + JSON.stringify(group).slice(1, -1);
      isFirst = false;
    }
    if (text.length >= PIECE_CHARACTERS) {
      yield Buffer.from(text);
      text = '';
    }
    if (clock.elapsed() - begunMs >= TURN_MS) {
      await turns.next();
      begunMs = clock.elapsed();
    }
  }
  yield Buffer.from(`${text}]`);
}

/** The items, some at a time. A group is shorter, or empty, where items are left out. */
function* groups(items: Iterable<unknown>): Generator<unknown[]> {
  let group: unknown[] = [];
  let seen = 0;
  for (const item of items) {
    if (item !== undefined) group.push(item);
    seen++;
    if (seen % TOGETHER > 0) continue;
    yield group;
    group = [];
  }
  yield group;
}
