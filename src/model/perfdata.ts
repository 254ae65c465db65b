import { formatRange, parseRange, plainNumber, type Range } from './threshold.ts';

/**
 * One measured value that a check reports behind its text, by the Nagios plugin guidelines ("Performance data"):
 * `'label'=value[unit];[warning];[critical];[min];[max]`.
 */
export interface PerfdataItem {
  label: string;
  /** Null when it could not be determined (`U`). */
  value: number | null;
  /** `%`, `s`, `ms`, `B`, `c` (a counter) …; nothing for a plain count. */
  unit?: string | undefined;
  warning?: Range | undefined;
  critical?: Range | undefined;
  min?: number | undefined;
  max?: number | undefined;
}

/** Longest label, in characters; one that is longer is cut when written and skipped when read. */
const LABEL_LENGTH = 256;
/** Most items that are read from one output. */
const ITEM_LIMIT = 2_000;
/** Most characters of one output that are looked at. */
const TEXT_LIMIT = 1_000_000;

/** Writes items in one line, for behind the `|`. What a label or unit may not contain becomes `_`. */
export function perfdata(items: readonly PerfdataItem[]): string {
  return items.map(written).join(' ');
}

/**
 * Reads the items of a check's output: behind the first `|` of its first line, and everything behind the first `|`
 * of the lines that follow. Takes what it can: an item that makes no sense is skipped, a threshold or limit that
 * makes none is left out. Never throws; linear in the length of the text, of which it reads the first million
 * characters, up to 2,000 items.
 */
export function parsePerfdata(output: string): PerfdataItem[] {
  const items: PerfdataItem[] = [];
  const text = perfdataText(output.slice(0, TEXT_LIMIT));
  for (let at = 0; at < text.length && items.length < ITEM_LIMIT; ) {
    const token = tokenAt(text, at);
    const item = token.label === undefined ? undefined : itemOf(token.label, token.fields);
    if (item) items.push(item);
    at = token.next;
  }
  return items;
}

function written({ label, value, unit = '', warning, critical, min, max }: PerfdataItem): string {
  const fields = [
    numberText(value) + (value === null ? '' : unit.replace(/[^%\p{L}/]/gu, '_')),
    warning ? formatRange(warning) : '',
    critical ? formatRange(critical) : '',
    numberText(min, ''),
    numberText(max, ''),
  ];
  return `'${labelText(label)}'=${fields.join(';').replace(/;+$/, '')}`;
}

function labelText(label: string): string {
  const clean = label.slice(0, LABEL_LENGTH).replace(/[\p{Cc}\u2028\u2029|=]/gu, '_');
  return clean === '' ? '_' : clean.replaceAll("'", "''");
}

function numberText(value: number | null | undefined, none = 'U'): string {
  return typeof value === 'number' && Number.isFinite(value) ? plainNumber(value) : none;
}

/** The parts of an output that hold perfdata, as one text. */
function perfdataText(output: string): string {
  const lineEnd = output.indexOf('\n');
  const first = lineEnd < 0 ? output : output.slice(0, lineEnd);
  const rest = lineEnd < 0 ? '' : output.slice(lineEnd);
  return `${behindBar(first)}\n${behindBar(rest)}`;
}

function behindBar(text: string): string {
  const bar = text.indexOf('|');
  return bar < 0 ? '' : text.slice(bar + 1);
}

interface Token {
  /** Undefined for what is no item. */
  label: string | undefined;
  fields: string;
  /** Where the next one may begin. */
  next: number;
}

const ITEM_AT = new RegExp(
  `\\s*(?:'((?:[^'\\n]|''){1,${2 * LABEL_LENGTH}})'|([^\\s'=][^\\s=]{0,${LABEL_LENGTH - 1}}))=(\\S*)`,
  'y',
);
const REST_AT = /\s*\S*/y;

function tokenAt(text: string, at: number): Token {
  ITEM_AT.lastIndex = at;
  const match = ITEM_AT.exec(text);
  if (match) {
    const label = match[1]?.replaceAll("''", "'") ?? match[2];
    return { label, fields: match[3] ?? '', next: ITEM_AT.lastIndex };
  }
  REST_AT.lastIndex = at;
  REST_AT.exec(text);
  return { label: undefined, fields: '', next: REST_AT.lastIndex };
}

const VALUE = /^([-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?)([^\d\s.,;'"+-]{1,32})?$/;

function itemOf(label: string, text: string): PerfdataItem | undefined {
  if (label.length > LABEL_LENGTH) return undefined;
  const [first = '', warning, critical, min, max] = text.split(';', 5);
  const match = VALUE.exec(first);
  const value = first === 'U' ? null : numberOf(match?.[1]);
  if (value === undefined) return undefined;
  const item: PerfdataItem = { label, value };
  if (match?.[2] !== undefined) item.unit = match[2];
  setRange(item, 'warning', warning);
  setRange(item, 'critical', critical);
  setLimit(item, 'min', min);
  setLimit(item, 'max', max);
  return item;
}

function setRange(item: PerfdataItem, member: 'warning' | 'critical', text: string | undefined): void {
  if (text === undefined || text === '') return;
  try {
    item[member] = parseRange(text, item.unit === undefined ? {} : { [item.unit]: 1 });
  } catch {
    // A plugin's threshold that is no range says nothing about its value.
  }
}

function setLimit(item: PerfdataItem, member: 'min' | 'max', text: string | undefined): void {
  const value = numberOf(text);
  if (value !== undefined) item[member] = value;
}

/** A number as plugins write it: some use the comma of their locale. */
function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const value = Number(text.replace(',', '.'));
  return Number.isFinite(value) ? value : undefined;
}
