import type { Random } from '../runtime/random.ts';

/** Chance that repeats itself: the same seed gives the same numbers and UUIDs (mulberry32). */
export function seededRandom(seed = 1): Random {
  let state = seed >>> 0;
  const number = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(number() * 16).toString(16)).join('');
  const variant = (): string => '89ab'.charAt(Math.floor(number() * 4));
  return { number, uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${variant()}${hex(3)}-${hex(12)}` };
}

/** How many random inputs a property is tried on: a few hundred in an ordinary run, more in a soak (`TOCSIN_RANDOM_INPUTS`). */
export const RANDOM_INPUTS = Number(process.env['TOCSIN_RANDOM_INPUTS'] ?? 500);
