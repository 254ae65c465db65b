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
  const text = output.replace(/\n+$/, '');
  const end = text.indexOf('\n');
  const line = end < 0 ? text : text.slice(0, end);
  return end >= 0 || line.length > length ? `${line.slice(0, length + 1)}\n...` : line;
}
