import { tokensIn } from '../../model/tokens.ts';
import { ParseStop } from '../mistake.ts';
import { takesArguments } from './methods.ts';
import type { TextPart } from './tree.ts';

/** A piece of an expression; `spaced` when a space stands before it. */
export type Piece = { from: number; to: number; spaced: boolean } & (
  | { kind: 'number'; number: number; float: boolean }
  | { kind: 'text' | 'symbol'; parts: readonly TextPart[] }
  | { kind: 'pattern'; parts: readonly TextPart[]; letters: string }
  /** `%w[a b]`; symbols for `%i[a b]`. */
  | { kind: 'words'; words: readonly string[]; symbols: boolean }
  | { kind: 'token'; token: number }
  | { kind: 'name'; name: string }
  | { kind: 'operator'; operator: string }
  | { kind: 'end' }
);
type Content<K> = K extends unknown ? Omit<K, 'from' | 'to' | 'spaced'> : never;
type Read = { piece: Content<Piece>; to: number };

const NUMBER = /(\d[\d_]*)(\.\d[\d_]*)?([eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_]\w*/y;
const OPERATOR =
  /\.\.\.|\.\.|&\.|&&=?|\|\|=?|===|==|=~|=>|!=|!~|<=>|<=|>=|<<|>>|\*\*|::|->|[+*/%-]=|[-+*/%<>!?:.,()[\]=;{}|&^~]/y;
/** The mark that a method's name may end with; `a!=b` and `a?=b` have none. */
const MARK = /^(\?(?!=[^=~])|!(?!=))/;
const SYMBOL = /:([A-Za-z_]\w*[?!]?)/y;
const CLOSING: Record<string, string> = { '[': ']', '(': ')', '{': '}', '<': '>' };
/** Words that no `?` can be part of. */
const PLAIN_WORDS = new Set(['value', 'true', 'false', 'nil', 'and', 'or', 'not', 'Time']);
const BEFORE_OPERAND = new Set(['and', 'or', 'not']);
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', s: ' ', e: '\u001b', '0': '\0' };

/** Reads the pieces of an expression. Tokens are told by their number in `tokensIn(text)`. Throws ParseStop. */
export function readPieces(text: string): Piece[] {
  return new Lexer(text).read();
}

class Lexer {
  readonly #text: string;
  /** Index at which a token begins → its number and the index behind it. */
  readonly #tokens: ReadonlyMap<number, { token: number; to: number }>;
  readonly #pieces: Piece[] = [];

  constructor(text: string) {
    this.#text = text;
    this.#tokens = new Map(tokensIn(text).map(({ from, to }, token) => [from, { token, to }]));
  }

  read(): Piece[] {
    let at = 0;
    for (;;) {
      const from = this.#skipSpace(at);
      const place = { from, spaced: from > at };
      if (from >= this.#text.length) return [...this.#pieces, { ...place, to: from, kind: 'end' }];
      const { piece, to } = this.#readPiece(from, place.spaced);
      this.#pieces.push({ ...place, to, ...piece } as Piece);
      at = to;
    }
  }

  #skipSpace(at: number): number {
    let from = at;
    while (/\s/.test(this.#text.charAt(from))) from++;
    return from;
  }

  #readPiece(from: number, spaced: boolean): Read {
    const token = this.#tokens.get(from);
    if (token !== undefined) return { piece: { kind: 'token', token: token.token }, to: token.to };
    const first = this.#text.charAt(from);
    if (first === '"' || first === "'") return this.#readText(from, 'text');
    if (this.#operandAt(from, spaced)) {
      const operand = this.#readOperand(from, first);
      if (operand !== undefined) return operand;
    }
    return this.#readNumber(from) ?? this.#readName(from) ?? this.#readOperator(from, first);
  }

  /** Whether a value may begin here, so that `/`, `%` and `:` open one; otherwise they stand between two. */
  #operandAt(from: number, spaced: boolean): boolean {
    const before = this.#pieces.at(-1);
    if (before === undefined) return true;
    if (before.kind === 'operator') return before.operator !== ')' && before.operator !== ']';
    if (before.kind !== 'name') return false;
    if (BEFORE_OPERAND.has(before.name)) return true;
    // `value.match /disk/`: a space before and none behind, as Ruby decides it.
    return spaced && takesArguments(before.name) && !/\s/.test(this.#text.charAt(from + 1));
  }

  #readOperand(from: number, first: string): Read | undefined {
    if (first === '/') return this.#readPattern(from + 1, '/');
    if (first === ':') return this.#readSymbol(from);
    if (first !== '%') return undefined;
    const [letter, open] = [this.#text.charAt(from + 1), this.#text.charAt(from + 2)];
    if (!/[^\w\s]/.test(open)) return undefined;
    const close = CLOSING[open] ?? open;
    if (letter === 'r') return this.#readPattern(from + 3, close);
    return letter === 'w' || letter === 'i' ? this.#readWords(from + 3, close, letter === 'i') : undefined;
  }

  #readSymbol(from: number): Read | undefined {
    const quote = this.#text.charAt(from + 1);
    if (quote === '"' || quote === "'") return this.#readText(from + 1, 'symbol');
    SYMBOL.lastIndex = from;
    const name = SYMBOL.exec(this.#text)?.[1];
    return name === undefined
      ? undefined
      : { piece: { kind: 'symbol', parts: [name] }, to: from + 1 + name.length };
  }

  #readText(from: number, kind: 'text' | 'symbol'): Read {
    const quote = this.#text.charAt(from);
    const { parts, to } = this.#readParts(from + 1, quote, (escaped) => {
      if (quote === "'") return escaped === "'" || escaped === '\\' ? escaped : `\\${escaped}`;
      return ESCAPES[escaped] ?? escaped;
    });
    return { piece: { kind, parts }, to };
  }

  #readPattern(from: number, close: string): Read {
    const { parts, to } = this.#readParts(from, close, (escaped) =>
      escaped === close && close === '/' ? escaped : `\\${escaped}`,
    );
    const letters = /^[a-z]*/.exec(this.#text.slice(to))?.[0] ?? '';
    const unknown = letters.search(/[^im]/);
    if (unknown >= 0) {
      const hint = 'known are i (case does not matter) and m (the dot takes ends of lines)';
      throw new ParseStop(
        to + unknown,
        `a pattern does not know the letter "${letters.charAt(unknown)}"`,
        hint,
      );
    }
    return { piece: { kind: 'pattern', parts, letters }, to: to + letters.length };
  }

  #readWords(from: number, close: string, symbols: boolean): Read {
    const to = this.#text.indexOf(close, from);
    if (to < 0)
      throw new ParseStop(
        from - 3,
        'the list of words that opens here is not closed',
        `end it with ${close}`,
      );
    const content = this.#text.slice(from, to);
    if (tokensIn(content).length > 0) {
      throw new ParseStop(from, 'a token cannot stand in a list of words', 'write the list as ["…", "…"]');
    }
    const words = content.split(/\s+/).filter((word) => word !== '');
    return { piece: { kind: 'words', words, symbols }, to: to + 1 };
  }

  /** Text up to its closing character; tokens in it are kept apart. */
  #readParts(
    from: number,
    close: string,
    meaningOf: (escaped: string) => string,
  ): { parts: TextPart[]; to: number } {
    const parts: TextPart[] = [];
    let written = '';
    for (let at = from; at < this.#text.length; ) {
      const token = this.#tokens.get(at);
      const character = this.#text.charAt(at);
      if (token !== undefined) {
        parts.push(written, token.token);
        written = '';
        at = token.to;
      } else if (character === close) {
        return { parts: [...parts, written].filter((part) => part !== ''), to: at + 1 };
      } else if (character === '\\' && at + 1 < this.#text.length) {
        written += meaningOf(this.#text.charAt(at + 1));
        at += 2;
      } else {
        if (character === '#' && this.#text.charAt(at + 1) === '{' && close !== "'") throw interpolation(at);
        written += character;
        at++;
      }
    }
    const what = close === '"' || close === "'" ? 'text' : 'pattern';
    throw new ParseStop(from - 1, `the ${what} that opens here is not closed`, `end it with ${close}`);
  }

  #readNumber(from: number): Read | undefined {
    NUMBER.lastIndex = from;
    const found = NUMBER.exec(this.#text);
    if (found === null) return undefined;
    const [written, , fraction, exponent] = found;
    const number = Number(written.replaceAll('_', ''));
    const float = fraction !== undefined || exponent !== undefined;
    if (!float && !Number.isSafeInteger(number)) throw new ParseStop(from, 'the number is too big');
    return { piece: { kind: 'number', number, float }, to: from + written.length };
  }

  #readName(from: number): Read | undefined {
    NAME.lastIndex = from;
    const word = NAME.exec(this.#text)?.[0];
    if (word === undefined) return undefined;
    const behind = this.#text.slice(from + word.length, from + word.length + 3);
    const marked = (!PLAIN_WORDS.has(word) || this.#afterDot()) && MARK.test(behind);
    const name = marked ? word + behind.charAt(0) : word;
    return { piece: { kind: 'name', name }, to: from + name.length };
  }

  #afterDot(): boolean {
    const before = this.#pieces.at(-1);
    return before?.kind === 'operator' && (before.operator === '.' || before.operator === '&.');
  }

  #readOperator(from: number, first: string): Read {
    if (first === '`')
      throw new ParseStop(
        from,
        'commands in backticks are never run',
        'let a check or a mutator run the command',
      );
    if (first === '#') throw new ParseStop(from, 'comments have no place here', 'take the comment away');
    if (first === '@' || first === '$')
      throw new ParseStop(
        from,
        'there are no variables but "value"',
        'name another attribute with a token: :::check.name:::',
      );
    OPERATOR.lastIndex = from;
    const operator = OPERATOR.exec(this.#text)?.[0];
    if (operator === undefined) throw new ParseStop(from, `"${first}" has no meaning here`);
    return { piece: { kind: 'operator', operator }, to: from + operator.length };
  }
}

function interpolation(at: number): ParseStop {
  return new ParseStop(at, '"#{}" is never evaluated', 'name an attribute with a token: :::check.name:::');
}
