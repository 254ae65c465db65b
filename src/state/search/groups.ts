/** Numbers of 32 bits in a signature. */
export const SIGNATURE_WORDS = 8;
const HASH_SHIFT = 32 - Math.log2(SIGNATURE_WORDS * 32);
const GROUP = 3;
/** A longer text has nearly every bit; it may hold anything. */
const LONGEST_SIGNED = 2_000;

/** Bits that have to be in one word of a signature. */
interface WantedWord {
  word: number;
  bits: number;
}
/** What a text asks of signatures, the word with the most bits first. */
export type Wanted = readonly [WantedWord, ...WantedWord[]];

/** Undefined when the pieces are so short that every row may hold them. They are in lower case. */
export function wantedOf(pieces: readonly string[]): Wanted | undefined {
  const signature = new Int32Array(SIGNATURE_WORDS);
  for (const piece of pieces) mark(piece, signature, 0);
  const words = Array.from(signature, (bits, word) => ({ word, bits }));
  const [first, ...others] = words
    .filter(({ bits }) => bits !== 0)
    .sort((left, right) => bitsIn(right.bits) - bitsIn(left.bits));
  return first && [first, ...others];
}

function bitsIn(number: number): number {
  let count = 0;
  for (let left = number; left !== 0; left &= left - 1) count++;
  return count;
}

/** Whether a signature has all bits that are wanted. */
export function hasAll(wanted: Wanted, signatures: Int32Array, base: number): boolean {
  for (let index = 0; index < wanted.length; index++) {
    const { word, bits } = wanted[index] as WantedWord;
    if (((signatures[base + word] as number) & bits) !== bits) return false;
  }
  return true;
}

/** Adds the bits of a text, in lower case, to a signature; all bits for what is no text. */
export function addText(text: unknown, signatures: Int32Array, base: number): void {
  if (typeof text === 'string' && text.length <= LONGEST_SIGNED) {
    if (!markLatin(text, signatures, base)) mark(text.toLowerCase(), signatures, base);
  } else if (text !== undefined) signatures.fill(-1, base, base + SIGNATURE_WORDS);
}

/** As `mark` of the text in lower case, without making that; false at a letter that is not ASCII. */
function markLatin(text: string, signatures: Int32Array, base: number): boolean {
  let group = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127) return false;
    group = ((group << 8) | (code >= 65 && code <= 90 ? code + 32 : code)) & 0xff_ffff;
    if (at >= GROUP - 1) markGroup(group, signatures, base);
  }
  return true;
}

/** Marks the groups of a text that is in lower case. Letters outside of ASCII may share bits with others. */
function mark(text: string, signatures: Int32Array, base: number): void {
  let group = 0;
  for (let at = 0; at < text.length; at++) {
    group = ((group << 8) | (text.charCodeAt(at) & 0xff)) & 0xff_ffff;
    if (at >= GROUP - 1) markGroup(group, signatures, base);
  }
}

function markGroup(group: number, signatures: Int32Array, base: number): void {
  const hash = Math.imul(group, 0x9e37_79b1) >>> HASH_SHIFT;
  const at = base + (hash >>> 5);
  signatures[at] = (signatures[at] as number) | (1 << (hash & 31));
}
