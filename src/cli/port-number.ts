import { TocsinError } from '../runtime/errors.ts';

/** The port that a flag names; 0 for any. Throws USAGE. */
export function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new TocsinError('USAGE', `--port takes a number from 0 to 65535, not "${text}"`);
}
