import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { completionScript } from './shells.ts';

/** What stands in for Tocsin: it offers two words, and says behind them what it was asked. */
const OFFERS = `tocsin() { printf '%s\\t\\n' 'client:web-1:disk' 'client:web-2:*'; printf '%s|' "$@" >&3; }`;

/** What bash would put in the place of the last word, and the words that Tocsin was asked for. */
function completed(line: string, offers = OFFERS): { replies: string[]; asked: string } {
  const script = [
    'compopt() { :; }',
    offers,
    completionScript('bash'),
    `COMP_LINE=$1 COMP_POINT=\${#1}`,
    'exec 3>&2',
    '_tocsin',
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join('\n');
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', line], { encoding: 'utf8' });
  return { replies: stdout.trimEnd().split('\n'), asked: stderr };
}

describe('completion in bash', () => {
  it('asks for the words up to the cursor, an empty one behind a blank', () => {
    expect(completed('tocsin silence clear ').asked).toBe('complete|--|silence|clear||');
    expect(completed('tocsin silence cl').asked).toBe('complete|--|silence|cl|');
  });

  it('keeps words with colons whole, and replies with what bash replaces: the part behind the last colon', () => {
    expect(completed('tocsin silence clear cl').replies).toEqual(['client:web-1:disk', 'client:web-2:*']);
    const { replies, asked } = completed('tocsin silence clear client:we');
    expect(asked).toBe('complete|--|silence|clear|client:we|');
    expect(replies).toEqual(['web-1:disk', 'web-2:*']);
  });

  it('offers nothing where nothing fits', () => {
    expect(completed('tocsin nonsense x', 'tocsin() { :; }').replies).toEqual(['']);
  });
});
