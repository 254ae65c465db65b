import {
  type CheckOutcome,
  type Fault,
  type PerfdataItem,
  perfdata,
  type Severity,
  severityOf,
} from '../plugin.ts';

/** Most characters of a foreign text that stand in one line for people. */
const SHOWN_LENGTH = 300;

/** Why a plugin could not do what it was asked, and whose fault that is. The message is one line for people. */
export class Failure extends Error {
  readonly fault: Fault;

  constructor(fault: Fault, message: string) {
    super(oneLine(message));
    this.name = 'Failure';
    this.fault = fault;
  }
}

/** A foreign text as part of one line: no control characters, no `|` (perfdata begins there), cut when long. */
export function oneLine(text: string, length = SHOWN_LENGTH): string {
  const cut = text.slice(0, length * 2);
  const clean = cut
    .replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ')
    .replaceAll('|', '/')
    .trim();
  return clean.length > length || cut.length < text.length ? `${clean.slice(0, length)}…` : clean;
}

/** A text without the secrets in it, however often they occur; secrets of under four characters stay. */
export function withoutSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  return secrets
    .filter((secret) => secret !== undefined && secret.length >= 4)
    .reduce<string>((clean, secret) => clean.replaceAll(secret ?? '', 'REDACTED'), text);
}

/**
 * What a check found, in the form of the Nagios plugin guidelines: `HTTP OK: text | perfdata`.
 * The fault stands in it only when the status is not 0.
 */
export function found(
  word: string,
  status: number,
  text: string,
  items: readonly PerfdataItem[] = [],
  fault: Fault = 'target',
): CheckOutcome {
  const severity: Severity = severityOf(status);
  const measured = items.length === 0 ? '' : ` | ${perfdata(items)}`;
  const output = `${word} ${severity.toUpperCase()}: ${oneLine(text)}${measured}`;
  return status === 0 ? { status, output } : { status, output, fault };
}

/** Runs a check; a `Failure` becomes critical, or unknown when the fault is ours. */
export async function attempt(word: string, look: () => Promise<CheckOutcome>): Promise<CheckOutcome> {
  try {
    return await look();
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return found(word, thrown.fault === 'ours' ? 3 : 2, thrown.message, [], thrown.fault);
  }
}

/** Milliseconds as seconds with three decimals. */
export function inSeconds(ms: number): number {
  return Math.round(ms) / 1000;
}
