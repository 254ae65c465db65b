import { Buffer } from 'node:buffer';

/** The place behind the last item of a page: what it was sorted by, and its names. */
export interface Cursor {
  /** The order, as it was asked for. */
  sort: string;
  /** Null: the item has no value to sort by. */
  value: number | null;
  client: string;
  /** Empty where clients are sorted. */
  check: string;
}

const LONGEST = 4_096;

/** A text that is safe in a URL. */
export function cursorText({ sort, value, client, check }: Cursor): string {
  return Buffer.from(JSON.stringify([sort, value, client, check])).toString('base64url');
}

/** What a text from outside says; undefined when it is none of ours. */
export function readCursor(text: string): Cursor | undefined {
  if (text.length > LONGEST) return undefined;
  const parts = parsed(Buffer.from(text, 'base64url').toString('utf8'));
  if (!Array.isArray(parts) || parts.length !== 4) return undefined;
  const [sort, value, client, check] = parts as unknown[];
  if (typeof sort !== 'string' || typeof client !== 'string' || typeof check !== 'string') return undefined;
  if (value !== null && !Number.isFinite(value)) return undefined;
  return { sort, value: value as number | null, client, check };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
