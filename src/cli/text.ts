import { type Severity, severityOf } from '../model/severity.ts';

/** Where text goes, and what that place can show. */
export interface Terminal {
  write(text: string): void;
  /** False for a pipe or file: no colours, no redrawing, nothing cut. */
  interactive: boolean;
  colours: boolean;
  columns: number;
  rows: number;
}

type Colour = 'red' | 'yellow' | 'green' | 'magenta' | 'dim' | 'bold' | 'cyan';

const CODES: Record<Colour, number> = {
  red: 31,
  yellow: 33,
  green: 32,
  magenta: 35,
  dim: 2,
  bold: 1,
  cyan: 36,
};
const OF_SEVERITY: Record<Severity, Colour> = {
  ok: 'green',
  warning: 'yellow',
  critical: 'red',
  unknown: 'magenta',
};

/** Text in a colour, where the terminal shows colours. */
export function paint(terminal: Pick<Terminal, 'colours'>, colour: Colour, text: string): string {
  return terminal.colours ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
}

/** A severity as a word, coloured: the word says it, the colour only helps. */
export function severityWord(terminal: Pick<Terminal, 'colours'>, status: number): string {
  const severity = severityOf(status);
  return paint(terminal, OF_SEVERITY[severity], severity.toUpperCase());
}

/** One mark for each status of a history, oldest first: `·` ok, `w`, `C`, `?`. */
export function historyStrip(
  terminal: Pick<Terminal, 'colours'>,
  history: readonly (string | number)[],
): string {
  const marks: Record<Severity, string> = { ok: '·', warning: 'w', critical: 'C', unknown: '?' };
  return history
    .map((status) => severityOf(Number(status)))
    .map((severity) => paint(terminal, OF_SEVERITY[severity], marks[severity]))
    .join('');
}

/**
 * Text from outside made safe for a terminal: control characters become spaces, so that no output can move
 * the cursor, set the title or hide a line. Newlines stay.
 */
export function safeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be removed
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, ' ');
}

/** The first line of an output that says something, without perfdata, safe for a terminal. */
export function firstLine(output: string): string {
  const line = safeText(output).trimStart();
  const end = line.search(/\n| \| ?'?[^ |]+=/);
  return (end < 0 ? line : line.slice(0, end)).trimEnd();
}

/** A stretch of time for people: `4 s`, `12 min`, `3 h 5 min`, `2 d 4 h`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** A moment as local date and time of day. */
export function moment(unixSeconds: number): string {
  const date = new Date(unixSeconds * 1000);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
