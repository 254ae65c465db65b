import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText } from './commands/ask.ts';
import { table } from './table.ts';
import { duration, firstLine, historyStrip, safeText, severityWord, type Terminal } from './text.ts';

const plain: Terminal = { write() {}, interactive: false, colours: false, columns: 80, rows: 24 };
const narrow: Terminal = { ...plain, interactive: true, columns: 40 };

test.each([
  [0, '0 s'],
  [59, '59 s'],
  [60, '1 min'],
  [3599, '59 min'],
  [3661, '1 h 1 min'],
  [90_000, '1 d 1 h'],
  [-5, '0 s'],
])('%i seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([
  ["DISK OK: / 22% used | '/'=22%;80;90", 'DISK OK: / 22% used'],
  ['\n  LOAD OK - load average: 0.1|load1=0.1;5;10\nmore', 'LOAD OK - load average: 0.1|load1=0.1;5;10'],
  ['a | b', 'a | b'],
  ['one\ntwo', 'one'],
  ['', ''],
])('the first line of %j is %j', (output, line) => {
  expect(firstLine(output)).toBe(line);
});

test('no output can move the cursor, set a title or turn text around', () => {
  expect(safeText('\x1b[2Ja\x07\u202egnp.exe\r')).toBe(' [2Ja  gnp.exe ');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const safe = safeText(text);
      expect([...safe].every((character) => character === '\n' || character >= ' ')).toBe(true);
      expect(safe.length).toBe(text.length);
    }),
  );
});

test('severity is said in words, history in marks', () => {
  expect(severityWord(plain, 127)).toBe('UNKNOWN');
  expect(severityWord({ colours: true }, 2)).toBe('\x1b[31mCRITICAL\x1b[0m');
  expect(historyStrip(plain, ['0', '1', 2, '127'])).toBe('·wC?');
});

test('a table is cut on a terminal, in its last column only, and whole elsewhere', () => {
  const rows = [['CRITICAL', 'x'.repeat(100)]];
  expect(table(plain, ['SEVERITY', 'OUTPUT'], rows)).toContain('x'.repeat(100));
  const cut = table(narrow, ['SEVERITY', 'OUTPUT'], rows);
  expect(cut.split('\n').every((line) => line.length <= 40)).toBe(true);
  expect(cut).toContain('CRITICAL');
  expect(cut).toContain('…');
});

test('JSON for scripts is the same document, and nothing in it can be obeyed by a terminal', () => {
  const value = { output: 'a\u001b[2J\u009b31m\u202eb\u2066\u007f\n', ä: '€ 😀' };
  const text = jsonText(value);
  expect(JSON.parse(text)).toEqual(value);
  const codes = Array.from(text.slice(0, -1), (character) => character.charCodeAt(0));
  expect(codes.filter((code) => (code < 32 && code !== 10) || (code > 126 && code < 160))).toEqual([]);
  expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
});
