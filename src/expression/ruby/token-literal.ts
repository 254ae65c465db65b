import { quoted } from '../../model/attributes.ts';
import { ExpressionError } from '../mistake.ts';
import { Float } from '../values.ts';

const INTEGER = /^[+-]?\d+$/;
const FLOAT = /^[+-]?\d+\.\d+(?:[eE][+-]?\d+)?$/;
const QUOTED = /^(?:'([^'\\]*)'|"([^"\\#]*)")$/;
const LONGEST_SHOWN = 60;
const WORDS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['nil', null],
]);

/**
 * The literal that a token outside quotes stands for. Sensu writes the token's text into the expression before Ruby
 * reads it; here the text is a number, `true`, `false`, `nil` or a quoted text, and never code.
 */
export function readLiteral(found: unknown): unknown {
  if (typeof found !== 'string') return found ?? null;
  const text = found.trim();
  if (WORDS.has(text)) return WORDS.get(text);
  if (FLOAT.test(text)) return new Float(Number(text));
  if (INTEGER.test(text) && Number.isSafeInteger(Number(text))) return Number(text) + 0;
  const inside = QUOTED.exec(text);
  if (inside !== null) return inside[1] ?? inside[2] ?? '';
  throw new ExpressionError(
    `a token stands for ${quoted(found, LONGEST_SHOWN)}, which is no number: put the token in quotes`,
  );
}
