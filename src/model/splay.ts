import { createHash } from 'node:crypto';

/**
 * Where on its grid a check runs: the first eight bytes of the MD5 of `key`, little endian, modulo the interval, in
 * milliseconds. A check runs whenever the Unix time in milliseconds is congruent to it, so the grid is the same
 * after a restart and on every server. `key` is `<client>:<check>` for a standalone check, `<check>` for a
 * published one. (Sensu Core 1.9 spreads checks this way.)
 */
export function splayOffsetMs(key: string, intervalMs: number): number {
  const hash = createHash('md5').update(key).digest().readBigUInt64LE(0);
  return Number(hash % BigInt(intervalMs));
}

/** The first moment on the grid at or after `fromMs`, Unix milliseconds. */
export function nextOnGrid(fromMs: number, offsetMs: number, intervalMs: number): number {
  const ahead = (offsetMs - fromMs) % intervalMs;
  return fromMs + (ahead < 0 ? ahead + intervalMs : ahead);
}
