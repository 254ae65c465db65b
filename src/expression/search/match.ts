import { severityOf } from '../../model/severity.ts';
import type { SearchType } from './fields.ts';
import type { RangeEnd, SearchNode, SearchTest } from './tree.ts';

/** What of a document is looked at: it may come from anybody. */
const LONGEST_TEXT = 100_000;
const MOST_ITEMS = 1000;

/** Whether a document is what a search asks for. Its cost is bounded by the search's and the document's size. */
export function matchesSearch<D>(
  node: SearchNode<D>,
  document: D,
  nowMs: number,
  texts: TextsOf<D>,
): boolean {
  switch (node.kind) {
    case 'everything':
      return true;
    case 'and':
      return node.parts.every((part) => matchesSearch(part, document, nowMs, texts));
    case 'or':
      return node.parts.some((part) => matchesSearch(part, document, nowMs, texts));
    case 'not':
      return !matchesSearch(node.part, document, nowMs, texts);
    case 'field':
      return anyPasses(node.read(document, nowMs), node, nowMs / 1000);
    case 'words':
      return anyHolds(texts(document), node.pieces);
  }
}

type TextsOf<D> = (document: D) => Iterable<string>;

/** What is asked of a field. */
interface Asked {
  type: SearchType;
  test: SearchTest;
}

/** A list has the value of any of its items. */
function anyPasses(found: unknown, asked: Asked, nowSeconds: number): boolean {
  if (!Array.isArray(found)) return passes(found, asked, nowSeconds);
  if (asked.test.kind === 'exists') return found.length > 0;
  const items: readonly unknown[] = found.length > MOST_ITEMS ? found.slice(0, MOST_ITEMS) : found;
  return items.some((item) => passes(item, asked, nowSeconds));
}

function anyHolds(texts: Iterable<string>, pieces: readonly string[]): boolean {
  for (const text of texts) {
    if (typeof text === 'string' && inOrder(lower(text), pieces)) return true;
  }
  return false;
}

function passes(found: unknown, { type, test }: Asked, nowSeconds: number): boolean {
  if (found === undefined || found === null) return false;
  switch (test.kind) {
    case 'exists':
      return true;
    case 'equals':
      return equals(found, test.value, type);
    case 'pattern':
      return typeof found !== 'object' && fits(lower(String(found)), test.pieces);
    case 'range':
      return inRange(numberOf(found), test.from, test.to, nowSeconds);
  }
}

function equals(found: unknown, wanted: string | number | boolean, type: SearchType): boolean {
  if (typeof found === 'object') return false;
  if (typeof wanted === 'number') return numberOf(found) === wanted;
  if (typeof wanted === 'boolean') return found === wanted || found === String(wanted);
  if (type === 'severity' && typeof found === 'number') return severityOf(found) === wanted;
  return lower(String(found)) === wanted;
}

function inRange(
  found: number,
  from: RangeEnd | undefined,
  to: RangeEnd | undefined,
  nowSeconds: number,
): boolean {
  if (Number.isNaN(found)) return false;
  if (from !== undefined) {
    const end = from.ago ? nowSeconds - from.at : from.at;
    if (from.open ? found <= end : found < end) return false;
  }
  if (to === undefined) return true;
  const end = to.ago ? nowSeconds - to.at : to.at;
  return to.open ? found < end : found <= end;
}

/** A number, or a text that is one; everything else is none (NaN). */
function numberOf(found: unknown): number {
  if (typeof found === 'number') return found;
  return typeof found === 'string' && found.length < 40 && found.trim() !== '' ? Number(found) : Number.NaN;
}

/** Whether a text is the pieces in order, with anything between them. */
function fits(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  return inOrder(text.slice(first.length, text.length - last.length), pieces.slice(1, -1));
}

function inOrder(text: string, pieces: readonly string[]): boolean {
  let from = 0;
  for (const piece of pieces) {
    const at = text.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return true;
}

function lower(text: string): string {
  return (text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text).toLowerCase();
}
