import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';

const FORM = /^([0-9a-f]{8})-([0-9a-f]{4})-7([0-9a-f]{3})-8([0-9a-f]{3})-[0-9a-f]{12}$/;
/** The last group of a UUID. */
const MARK_CHARACTERS = 12;
/** Ids of one millisecond. */
const MOST_A_MILLISECOND = 2 ** 24;

/** A name that sorts before an id and behind those that were made before it. */
export function justBefore(id: string): string {
  return id.slice(0, -1);
}

/** The mark of the process that made an id. */
export function markOf(id: string): string {
  return id.slice(-MARK_CHARACTERS);
}

/**
 * Makes the ids of deliveries: UUIDs of version 7 (RFC 9562, section 5.7, with a counter behind the time) whose
 * texts sort in the order in which they were made, whatever the machine's clock does.
 */
export class DeliveryIds {
  readonly #clock: Clock;
  /** The mark of this process: the same at the end of all its ids. */
  readonly mark: string;
  #ms = 0;
  #count = 0;
  #prefix = '00000000-0000';

  constructor(parts: { clock: Clock; random: Random }) {
    this.#clock = parts.clock;
    this.mark = parts.random.uuid().slice(-MARK_CHARACTERS);
  }

  next(): string {
    const nowMs = this.#clock.now();
    if (nowMs > this.#ms) this.#move(nowMs);
    else if (++this.#count >= MOST_A_MILLISECOND) this.#move(this.#ms + 1);
    const count = this.#count.toString(16).padStart(6, '0');
    return `${this.#prefix}-7${count.slice(0, 3)}-8${count.slice(3)}-${this.mark}`;
  }

  /** Ids made from now on sort behind this one; a text of another form is passed over. */
  startBehind(id: string): void {
    const form = FORM.exec(id);
    if (!form) return;
    const ms = Number.parseInt(`${form[1]}${form[2]}`, 16);
    const count = Number.parseInt(`${form[3]}${form[4]}`, 16);
    if (ms < this.#ms || (ms === this.#ms && count <= this.#count)) return;
    this.#move(ms);
    this.#count = count;
  }

  #move(ms: number): void {
    this.#ms = Math.floor(ms);
    this.#count = 0;
    const text = this.#ms.toString(16).padStart(12, '0');
    this.#prefix = `${text.slice(0, 8)}-${text.slice(8)}`;
  }
}
