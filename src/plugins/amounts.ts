/** How measured amounts are written for people. */

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes in the largest unit that leaves a number of at least 1: `120.3 GiB`. */
export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), BINARY.length - 1);
  return `${rounded(bytes / 1024 ** power, 1)} ${BINARY[power]}`;
}

/** Seconds in the two largest units that say something: `2 d 3 h`, `5 min`, `12 s`. */
export function secondsText(seconds: number): string {
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ];
  const parts: string[] = [];
  let rest = Math.abs(Math.trunc(seconds));
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    if (parts.length === 2) break;
  }
  return `${seconds < 0 && parts.length > 0 ? '-' : ''}${parts.join(' ') || '0 s'}`;
}

/** A number with at most so many decimals. */
export function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}

/** `part` of `whole` in percent with at most one decimal; 0 of nothing. */
export function percent(part: number, whole: number): number {
  return whole > 0 ? rounded((100 * part) / whole, 1) : 0;
}
