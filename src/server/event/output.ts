import type { ExecutedCheck } from '../../model/check.ts';

/** Characters of output that are stored when it is cut and nothing else is set. */
const DEFAULT_LENGTH = 255;

/**
 * The check as its result is stored: with `truncate_output` (a metric check unless it says false) only the first
 * line of the output stays, `truncate_output_length` + 1 characters of it. Handlers see the whole output.
 */
export function storedResult(check: ExecutedCheck): ExecutedCheck {
  const cut = check.truncate_output ?? check.type === 'metric';
  return cut
    ? { ...check, output: firstLine(check.output, check.truncate_output_length ?? DEFAULT_LENGTH) }
    : check;
}

function firstLine(output: string, length: number): string {
  const text = withoutLastBreaks(output);
  const end = text.indexOf('\n');
  const line = end < 0 ? text : text.slice(0, end);
  if (line.length <= length) return end < 0 ? line : `${line}\n...`;
  // A character may take two places of a string, and is never cut in half.
  const characters = [...line.slice(0, 2 * (length + 1))];
  const isWhole = end < 0 && characters.length <= length;
  return isWhole ? line : `${characters.slice(0, length + 1).join('')}\n...`;
}

/** Without the line breaks at its end; a pattern would look at a long run of them again from each of its breaks. */
function withoutLastBreaks(output: string): string {
  let end = output.length;
  while (output[end - 1] === '\n') end--;
  return output.slice(0, end);
}
