/** What a client, check or aggregate may be called: letters, digits, `_`, `.` and `-`, over the whole text. */
export const NAME_PATTERN = '^[A-Za-z0-9_.-]+$';

const NAME = /^[A-Za-z0-9_.-]+$/;

/** Longest name taken from outside, in characters; names become keys, file names and log lines. */
export const NAME_LENGTH = 255;

/** True when `text` may name a client or a check (Sensu Core 1.9 documentation, "check names"). */
export function isName(text: unknown): text is string {
  return typeof text === 'string' && text.length <= NAME_LENGTH && NAME.test(text) && !text.endsWith('\n');
}
