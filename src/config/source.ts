import { createScanner, type Node, type ParseError, parseTree } from 'jsonc-parser';
import { pathText, quoted } from '../model/attributes.ts';
import { foundText } from '../model/problems.ts';
import type { Attributes } from '../model/schema.ts';
import type { ConfigProblem, ConfigWarning } from './problem.ts';

/** One file of the configuration: its document, and where each value of it stands. */
export interface Source {
  file: string;
  document: Attributes;
  /** The document as a tree of values with their offsets; undefined for an empty file. */
  tree: Node | undefined;
  lineOf(offset: number): number;
  /** The environment variable that it comes from instead of a file. */
  variable?: string | undefined;
}

export interface Parsed {
  /** Undefined when the text is no JSON object. */
  source?: Source;
  problems: ConfigProblem[];
  warnings: ConfigWarning[];
}

/** Values nested deeper than this are refused; every reader of the document may recurse without a care. */
const DEEPEST = 100;
const LONGEST_FOUND = 20;

// Kinds of tokens and errors of jsonc-parser, whose constant enums cannot be imported under isolatedModules.
const OPEN_BRACE = 1;
const CLOSE_BRACE = 2;
const OPEN_BRACKET = 3;
const CLOSE_BRACKET = 4;
const UNKNOWN = 16;
const END = 17;

const EXPECTED_BY_ERROR: Readonly<Record<number, string>> = {
  2: 'a number',
  3: 'a member’s name in double quotes, and no comma after the last one',
  4: 'a value, and no comma after the last one',
  5: 'a colon',
  6: 'a comma',
  7: 'a closing "}"',
  8: 'a closing "]"',
  9: 'the end of the file',
  11: 'the end of the comment: "*/"',
  12: 'the end of the string: a double quote on the same line',
};

/**
 * Reads the text of a configuration file: JSON with `//` and block comments, and the numbers `NaN`, `Infinity` and
 * `+1`, which Sensu Core reads too. An empty file counts as `{}`. Never throws. Only the first error in the syntax is told, since those behind it mostly follow from it.
 */
export function parseSource(file: string, text: string): Parsed {
  const lines = lineStarts(text);
  const place = (offset: number) => ({ file, line: lineAt(lines, offset) });
  const { tooDeep, strict, specials } = scan(text);
  if (tooDeep !== undefined) {
    const expected = `values nested at most ${DEEPEST} deep`;
    return failed({ ...place(tooDeep), path: '', expected, found: 'a deeper one' });
  }
  const errors: ParseError[] = [];
  const tree = parseTree(strict, errors, { allowEmptyContent: true, allowTrailingComma: false });
  const [error] = errors;
  if (error) {
    const column = error.offset - (lines[lineAt(lines, error.offset) - 1] ?? 0) + 1;
    const expected = EXPECTED_BY_ERROR[error.error] ?? 'valid JSON';
    return failed({ ...place(error.offset), column, path: '', expected, found: syntaxFound(text, error) });
  }
  const reading: Reading = { place, specials, problems: [], warnings: [] };
  const document = tree ? documentValue(tree, [], reading) : {};
  if (tree && tree.type !== 'object') {
    return failed({ ...place(tree.offset), path: '', expected: 'an object', found: foundText(document) });
  }
  const source = {
    file,
    document: document as Attributes,
    tree,
    lineOf: (offset: number) => lineAt(lines, offset),
  };
  return { source, problems: reading.problems, warnings: reading.warnings };
}

function failed(problem: ConfigProblem): Parsed {
  return { problems: [problem], warnings: [] };
}

function syntaxFound(text: string, error: ParseError): string {
  if (error.offset >= text.length) return 'the end of the file';
  const token = text.slice(error.offset, error.offset + Math.max(error.length, 1));
  // A string is not shown: it may be a secret.
  return token.startsWith('"') ? 'a string' : quoted(token, LONGEST_FOUND);
}

/** What one look at the tokens finds. */
interface Scanned {
  /** Where the nesting becomes too deep. */
  tooDeep: number | undefined;
  /** The text, of the same length, with every tolerated number as one of JSON. */
  strict: string;
  /** Offset → the number that stands there and that JSON has no words for. */
  specials: ReadonlyMap<number, number>;
}

/** Looks at the tokens one after the other, without recursion. */
function scan(text: string): Scanned {
  const scanner = createScanner(text, true);
  const strict = new Tolerated(text);
  let depth = 0;
  for (let token: number = scanner.scan(); token !== END; token = scanner.scan()) {
    if (token === OPEN_BRACE || token === OPEN_BRACKET) depth++;
    if (token === CLOSE_BRACE || token === CLOSE_BRACKET) depth--;
    const offset = scanner.getTokenOffset();
    if (depth > DEEPEST) return { tooDeep: offset, strict: text, specials: strict.specials };
    if (token === UNKNOWN) strict.take(offset, scanner.getTokenValue());
  }
  return { tooDeep: undefined, strict: strict.text(), specials: strict.specials };
}

/** Puts numbers of JSON, of the same length, in the places of those that are tolerated. */
class Tolerated {
  readonly specials = new Map<number, number>();
  readonly #text: string;
  readonly #pieces: string[] = [];
  #copied = 0;

  constructor(text: string) {
    this.#text = text;
  }

  take(offset: number, written: string): void {
    if (PLUS_NUMBER.test(written)) this.#replace(offset, ` ${written.slice(1)}`);
    const [, plus, word] = NOT_FINITE.exec(written) ?? [];
    if (plus === undefined || word === undefined) return;
    // A minus is a token of its own.
    const negative = plus === '' && this.#text[offset - 1] === '-';
    if (negative) this.#replace(offset - 1, ' ');
    this.#replace(offset, `${' '.repeat(plus.length)}${'0'.padEnd(word.length)}`);
    this.specials.set(offset + plus.length, Number(word) * (negative ? -1 : 1));
  }

  text(): string {
    return this.#pieces.join('') + this.#text.slice(this.#copied);
  }

  #replace(offset: number, piece: string): void {
    this.#pieces.push(this.#text.slice(this.#copied, offset), piece);
    this.#copied = offset + piece.length;
  }
}

const PLUS_NUMBER = /^\+(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const NOT_FINITE = /^(\+?)(NaN|Infinity)$/;

interface Reading {
  place(offset: number): { file: string; line: number };
  specials: ReadonlyMap<number, number>;
  problems: ConfigProblem[];
  warnings: ConfigWarning[];
}

function documentValue(node: Node, at: readonly (string | number)[], reading: Reading): unknown {
  if (node.type === 'array') {
    return (node.children ?? []).map((item, index) => documentValue(item, [...at, index], reading));
  }
  if (node.type !== 'object') return plainValue(node, at, reading);
  const value: Attributes = {};
  for (const property of node.children ?? []) {
    const [key, child] = property.children ?? [];
    if (!key || !child) continue;
    const name = String(key.value);
    const path = [...at, name];
    if (name === '__proto__') {
      const expected = 'another name for this member';
      reading.problems.push({
        ...reading.place(key.offset),
        path: pathText(path),
        expected,
        found: '"__proto__"',
      });
      continue;
    }
    if (Object.hasOwn(value, name)) {
      const message = 'defined twice in this file; only the last definition counts';
      reading.warnings.push({ ...reading.place(key.offset), path: pathText(path), message });
    }
    value[name] = documentValue(child, path, reading);
  }
  return value;
}

function plainValue(node: Node, at: readonly (string | number)[], reading: Reading): unknown {
  const special = node.type === 'number' ? reading.specials.get(node.offset) : undefined;
  if (special === undefined) return node.value;
  const message = `${special} is no number of JSON: it becomes null wherever it travels or is shown`;
  reading.warnings.push({ ...reading.place(node.offset), path: pathText(at), message });
  return special;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return starts;
}

/** The line, from 1, that an offset is on. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
