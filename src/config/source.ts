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
 * Reads the text of a configuration file: JSON with `//` and block comments. An empty file counts as `{}`.
 * Never throws. Only the first error in the syntax is told, since those behind it mostly follow from it.
 */
export function parseSource(file: string, text: string): Parsed {
  const lines = lineStarts(text);
  const place = (offset: number) => ({ file, line: lineAt(lines, offset) });
  const tooDeep = offsetTooDeep(text);
  if (tooDeep !== undefined) {
    const expected = `values nested at most ${DEEPEST} deep`;
    return failed({ ...place(tooDeep), path: '', expected, found: 'a deeper one' });
  }
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowEmptyContent: true, allowTrailingComma: false });
  const [error] = errors;
  if (error) {
    const column = error.offset - (lines[lineAt(lines, error.offset) - 1] ?? 0) + 1;
    const expected = EXPECTED_BY_ERROR[error.error] ?? 'valid JSON';
    return failed({ ...place(error.offset), column, path: '', expected, found: syntaxFound(text, error) });
  }
  const reading: Reading = { place, problems: [], warnings: [] };
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

/** Where the nesting becomes too deep, found without recursion. */
function offsetTooDeep(text: string): number | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let token: number = scanner.scan(); token !== END; token = scanner.scan()) {
    if (token === OPEN_BRACE || token === OPEN_BRACKET) depth++;
    if (token === CLOSE_BRACE || token === CLOSE_BRACKET) depth--;
    if (depth > DEEPEST) return scanner.getTokenOffset();
  }
  return undefined;
}

interface Reading {
  place(offset: number): { file: string; line: number };
  problems: ConfigProblem[];
  warnings: ConfigWarning[];
}

function documentValue(node: Node, at: readonly (string | number)[], reading: Reading): unknown {
  if (node.type === 'array') {
    return (node.children ?? []).map((item, index) => documentValue(item, [...at, index], reading));
  }
  if (node.type !== 'object') return node.value;
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
