import { errorText, TocsinError } from '../../runtime/errors.ts';
import type { Append, Change, LogRetention, Write } from '../port.ts';

/** The JSON texts of a change: one of each write, one of each entry. */
export interface Encoded {
  writes: string[];
  entries: string[];
}

/**
 * Turns everything that is to be written into JSON before anything is, so that a value that cannot be written spoils
 * nothing.
 * @throws kind `bug`: a value that is no JSON, or a log of no known family
 */
export function encode(changes: readonly Change[], logs: Readonly<Record<string, LogRetention>>): Encoded[] {
  return changes.map((change) => ({
    writes: change.writes.map(encodeWrite),
    entries: (change.appends ?? []).map((append) => encodeEntry(append, logs)),
  }));
}

function encodeWrite({ kind, name, value }: Write): string {
  const named = `[${JSON.stringify(kind)},${JSON.stringify(name)}`;
  return value === undefined ? `${named}]` : `${named},${encodeValue(value, `${kind} ${name}`)}]`;
}

function encodeEntry({ log, entry }: Append, logs: Readonly<Record<string, LogRetention>>): string {
  const family = log.slice(0, Math.max(log.indexOf('/'), 0));
  if (!Object.hasOwn(logs, family)) {
    throw new TocsinError('BUG', `Log "${log}" is of no family that the store was opened with.`);
  }
  return encodeValue(entry, `log ${log}`);
}

function encodeValue(value: unknown, what: string): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new TocsinError('BUG', `The value for ${what} cannot be written as JSON: ${errorText(cause)}.`, {
      cause,
    });
  }
  if (text === undefined) throw new TocsinError('BUG', `The value for ${what} is no JSON value.`);
  return text;
}
