import { isIPv6 } from 'node:net';
import type { Clock } from '../runtime/clock.ts';

/** So many failures are forgiven: people mistype, and programs keep an old password for a while. */
const FREE_FAILURES = 10;
const SHORTEST_MS = 100;
const LONGEST_MS = 5_000;
/** Whoever would have to wait longer than this is sent away. */
export const PATIENCE_MS = 10_000;
/** Without a failure for so long, all are forgotten. */
const FORGET_MS = 600_000;
const MOST_ADDRESSES = 10_000;

interface Record {
  failures: number;
  /** Attempts that are being judged; until they are known to be right they count as failures. */
  open: number;
  lastMs: number;
  /** Elapsed milliseconds at which the next attempt is judged. */
  nextMs: number;
}

/**
 * Slows down whoever fails to log in, address by address: after some failures attempts are judged one after another,
 * with a pause between them that doubles. Remembers a bounded number of addresses.
 */
export class Slowing {
  readonly #clock: Clock;
  readonly #records = new Map<string, Record>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds that an attempt has to wait before it is judged; undefined: it is not judged at all. */
  turn(address: string): number | undefined {
    const nowMs = this.#clock.elapsed();
    const record = this.#recordOf(address, nowMs);
    const pauseMs = pauseAfter(record.failures + record.open);
    const atMs = Math.max(nowMs, pauseMs === 0 ? nowMs : record.nextMs);
    if (atMs - nowMs > PATIENCE_MS) return undefined;
    record.open++;
    record.nextMs = atMs + pauseMs;
    return atMs - nowMs;
  }

  /** Tells how an attempt that had its turn ended. */
  ended(address: string, right: boolean): void {
    const nowMs = this.#clock.elapsed();
    const record = this.#recordOf(address, nowMs);
    record.open = Math.max(record.open - 1, 0);
    if (right) return;
    record.failures++;
    record.lastMs = nowMs;
    const pauseMs = pauseAfter(record.failures);
    if (pauseMs > 0) record.nextMs = Math.max(record.nextMs, nowMs + pauseMs);
  }

  #recordOf(address: string, nowMs: number): Record {
    const key = networkOf(address);
    const known = this.#records.get(key);
    if (known && (known.open > 0 || nowMs - known.lastMs < FORGET_MS)) return known;
    const record = { failures: 0, open: 0, lastMs: nowMs, nextMs: nowMs };
    this.#records.delete(key);
    this.#records.set(key, record);
    const [oldest] = this.#records.keys();
    if (this.#records.size > MOST_ADDRESSES && oldest !== undefined) this.#records.delete(oldest);
    return record;
  }
}

function pauseAfter(failures: number): number {
  if (failures < FREE_FAILURES) return 0;
  return Math.min(SHORTEST_MS * 2 ** (failures - FREE_FAILURES), LONGEST_MS);
}

/** An IPv4 address, or the half of an IPv6 address that names a network: one machine has all of the other half. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [before = '', after] = plain.split('::');
  const groups = before.split(':').filter((group) => group !== '');
  const behind = (after ?? '').split(':').filter((group) => group !== '');
  const zeros = after === undefined ? 0 : Math.max(8 - groups.length - behind.length, 0);
  return [...groups, ...Array<string>(zeros).fill('0'), ...behind].slice(0, 4).join(':');
}
