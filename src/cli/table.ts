import Table from 'cli-table3';
import { paint, type Terminal } from './text.ts';

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Narrowest that the last column may become. */
const NARROWEST = 20;

/**
 * Rows under headings. On a terminal the last column is cut to what fits; elsewhere nothing is cut. Cells
 * hold no line breaks.
 */
export function table(
  terminal: Terminal,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = headings.map((heading, column) =>
    Math.max(visibleLength(heading), ...rows.map((row) => visibleLength(row[column] ?? ''))),
  );
  if (terminal.interactive) fitLast(widths, terminal.columns);
  const drawn = new Table({
    head: headings.map((heading) => paint(terminal, 'dim', heading)),
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths: widths,
  });
  drawn.push(...rows.map((row) => [...row]));
  return `${drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}

function fitLast(widths: number[], columns: number): void {
  const last = widths.length - 1;
  const others = widths.slice(0, last).reduce((sum, width) => sum + width + 2, 0);
  widths[last] = Math.max(NARROWEST, Math.min(widths[last] ?? 0, columns - others - 1));
}

function visibleLength(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes take no room
  return text.replace(/\x1b\[\d+m/g, '').length;
}
