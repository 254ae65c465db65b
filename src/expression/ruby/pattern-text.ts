import { ParseStop } from '../mistake.ts';

/** Ruby's ways of writing that RE2 has under another name, or not at all. */
const TRANSLATED: Record<string, string> = { h: '[0-9a-fA-F]', H: '[^0-9a-fA-F]', Z: '(?:\\n?\\z)' };

/** A pattern of Ruby as RE2 reads it. Throws ParseStop for what cannot be matched in linear time. */
export function rubyPattern(source: string, at: number): string {
  const ahead = source.search(/\(\?(?:=|!|<=|<!|>)/);
  if (ahead >= 0) {
    throw new ParseStop(
      at,
      `a pattern cannot look ahead or behind ("${source.slice(ahead, ahead + 4)}")`,
      'write two conditions: value =~ /a/ && value !~ /b/',
    );
  }
  return source.replace(/\\(.)/gs, (written, letter: string) => {
    if (/[1-9]/.test(letter)) {
      throw new ParseStop(at, `a pattern cannot refer back to what it matched ("${written}")`);
    }
    return (
      TRANSLATED[letter] ?? (/[\w]/.test(letter) || letter.charCodeAt(0) > 127 ? written : `\\${letter}`)
    );
  });
}
