import { crc32 } from 'node:zlib';
import { isAttributes } from '../../model/attributes.ts';
import { parseJson } from '../../model/json.ts';
import type { ResultId } from '../../model/taken.ts';
import type { NumberedResult } from './port.ts';

const NEWLINE = 0x0a;
/** Hexadecimal digits of the sum that a line begins with. */
const SUM_DIGITS = 8;

/** A result as a line: the CRC-32 of its JSON in hexadecimal, a space, the JSON. */
export function lineOf(result: NumberedResult): Buffer {
  const text = JSON.stringify({ id: result.id, body: result.body });
  return Buffer.from(`${sumOf(text)} ${text}\n`);
}

/** What stands in a file: its results with the byte each begins at, and how many lines are damaged or cut off. */
export interface Lines {
  results: { at: number; result: NumberedResult }[];
  damaged: number;
}

/** Reads lines; whatever the bytes are, it never throws. */
export function readLines(bytes: Buffer): Lines {
  const lines: Lines = { results: [], damaged: 0 };
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline;
    const result = newline < 0 ? undefined : resultIn(bytes.subarray(at, end));
    if (result) lines.results.push({ at, result });
    else if (end > at) lines.damaged += 1;
    at = end + 1;
  }
  return lines;
}

/** The lines of some results alone. */
export function wholeLines(bytes: Buffer, results: Lines['results']): Buffer {
  return Buffer.concat(results.map(({ at }) => bytes.subarray(at, bytes.indexOf(NEWLINE, at) + 1)));
}

function resultIn(line: Buffer): NumberedResult | undefined {
  const text = line.subarray(SUM_DIGITS + 1);
  if (line.subarray(0, SUM_DIGITS + 1).toString('latin1') !== `${sumOf(text)} `) return undefined;
  const parsed = parseJson(text.toString('utf8'));
  return parsed && isNumberedResult(parsed.value) ? parsed.value : undefined;
}

function sumOf(text: string | Buffer): string {
  return crc32(text).toString(16).padStart(SUM_DIGITS, '0');
}

/** A sum can be right by chance, or made by somebody. */
function isNumberedResult(value: unknown): value is NumberedResult {
  if (!isAttributes(value)) return false;
  const { id, body } = value;
  if (!isAttributes(id) || !isAttributes(body) || !isAttributes(body['check'])) return false;
  const { agent, boot, number, previous } = id as Partial<ResultId>;
  const texts = [agent, boot, body['client'], body['check']['name']];
  const numbers = [number, previous ?? 0];
  return texts.every((text) => typeof text === 'string') && numbers.every(Number.isSafeInteger);
}
