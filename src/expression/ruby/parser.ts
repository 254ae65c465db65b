import { errorText } from '../../runtime/errors.ts';
import { ParseStop } from '../mistake.ts';
import { Pattern, rubyFlags } from '../pattern.ts';
import { Float, Name } from '../values.ts';
import { type Piece, readPieces } from './lexer.ts';
import { METHODS, takesArguments } from './methods.ts';
import { rubyPattern } from './pattern-text.ts';
import { unknownMethod, unknownName, unknownOperator } from './refusals.ts';
import { depthOf, type Node, type Operator, type TextPart, type Written } from './tree.ts';

const LONGEST_TEXT = 10_000;
/** How deep an expression may nest, in what is written and in what is evaluated. */
const DEEPEST = 100;

/** Ruby's operators between two operands, those that bind most last. */
const LEVELS: readonly (readonly Operator[])[] = [
  ['==', '!=', '=~', '!~'],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
];
const EQUALITY = 0;

/** Reads an expression of the part of Ruby that we know. Throws ParseStop. */
export function readExpression(text: string): Node {
  if (text.length > LONGEST_TEXT) {
    throw new ParseStop(LONGEST_TEXT, `an expression has at most ${LONGEST_TEXT} characters`);
  }
  return new Parser(readPieces(text)).read();
}

/** Recursive descent; each method reads what binds at least as much as its name says. */
class Parser {
  readonly #pieces: readonly Piece[];
  #at = 0;
  #depth = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  read(): Node {
    if (this.#isEnd())
      throw new ParseStop(0, 'there is no expression', 'write a condition such as value == 1');
    const tree = this.#statement();
    if (!this.#isEnd()) throw this.#unexpected('an operator or the end');
    return tree;
  }

  get #next(): Piece {
    return this.#pieces[this.#at] ?? (this.#pieces.at(-1) as Piece);
  }

  #isEnd(): boolean {
    return this.#next.kind === 'end';
  }

  #isOperator(...operators: string[]): boolean {
    const { kind } = this.#next;
    return kind === 'operator' && operators.includes((this.#next as Piece & { kind: 'operator' }).operator);
  }

  #takeOperator(...operators: string[]): string | undefined {
    const piece = this.#next;
    if (piece.kind !== 'operator' || !operators.includes(piece.operator)) return undefined;
    this.#at++;
    return piece.operator;
  }

  #takeName(...names: string[]): string | undefined {
    const piece = this.#next;
    if (piece.kind !== 'name' || !names.includes(piece.name)) return undefined;
    this.#at++;
    return piece.name;
  }

  #expect(operator: string, what: string): void {
    if (this.#takeOperator(operator) === undefined) throw this.#unexpected(what);
  }

  /** `and` and `or` bind least, and alike: from left to right. */
  #statement(): Node {
    return this.#nested(() => {
      let left = this.#negation();
      for (;;) {
        const word = this.#takeName('and', 'or');
        if (word !== 'and' && word !== 'or') return left;
        left = this.#logic(word, left, this.#negation());
      }
    });
  }

  #negation(): Node {
    if (this.#takeName('not') === undefined) return this.#choice();
    return this.#nested(() => this.#node({ kind: 'not', part: this.#negation() }));
  }

  #choice(): Node {
    return this.#nested(() => {
      const test = this.#range();
      if (this.#takeOperator('?') === undefined) return test;
      const yes = this.#choice();
      this.#expect(':', 'a ":" and what holds otherwise');
      return this.#node({ kind: 'choice', test, yes, no: this.#choice() });
    });
  }

  #range(): Node {
    const from = this.#either();
    const dots = this.#takeOperator('..', '...');
    if (dots === undefined) return from;
    return this.#node({ kind: 'range', from, to: this.#either(), exclusive: dots === '...' });
  }

  #either(): Node {
    let left = this.#both();
    while (this.#takeOperator('||') !== undefined) left = this.#logic('or', left, this.#both());
    return left;
  }

  #both(): Node {
    let left = this.#operand();
    while (this.#takeOperator('&&') !== undefined) left = this.#logic('and', left, this.#operand());
    return left;
  }

  /** What stands beside `&&`: Ruby lets `not` stand there as well. */
  #operand(): Node {
    const { kind } = this.#next;
    if (kind === 'name' && (this.#next as Piece & { kind: 'name' }).name === 'not') return this.#negation();
    return this.#binary(EQUALITY);
  }

  #binary(level: number): Node {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#prefixed();
    let left = this.#binary(level + 1);
    for (let count = 0; ; count++) {
      const at = this.#next.from;
      const operator = this.#takeOperator(...operators) as Operator | undefined;
      if (operator === undefined) return left;
      if (level === EQUALITY && count > 0) {
        throw new ParseStop(at, `"${operator}" cannot follow another comparison`, 'write a == b && b == c');
      }
      left = this.#node({ kind: 'binary', operator, left, right: this.#binary(level + 1) });
    }
  }

  #prefixed(): Node {
    if (this.#takeOperator('!') !== undefined) {
      return this.#nested(() => this.#node({ kind: 'not', part: this.#prefixed() }));
    }
    if (this.#takeOperator('+') !== undefined) return this.#nested(() => this.#prefixed());
    if (!this.#isOperator('-')) return this.#postfixed(this.#primary());
    this.#at++;
    const number = this.#next;
    // A sign belongs to the number behind it: -5.abs is 5.
    if (number.kind === 'number') {
      this.#at++;
      return this.#postfixed(this.#number(-number.number, number.float));
    }
    return this.#nested(() => this.#node({ kind: 'minus', part: this.#prefixed() }));
  }

  #postfixed(first: Node): Node {
    let receiver = first;
    for (;;) {
      const dot = this.#takeOperator('.', '&.');
      if (dot !== undefined) receiver = this.#call(receiver, dot === '&.');
      else if (this.#isOperator('[') && !this.#next.spaced) receiver = this.#indexed(receiver);
      else return receiver;
    }
  }

  #indexed(receiver: Node): Node {
    this.#at++;
    const index = this.#choice();
    this.#expect(']', 'the "]" that ends the brackets');
    return this.#node({ kind: 'index', receiver, index });
  }

  #call(receiver: Node, safe: boolean): Node {
    const name = this.#next;
    if (name.kind !== 'name') throw this.#unexpected('the name of a method');
    const known = METHODS.get(name.name);
    if (known === undefined) throw unknownMethod(name.name, name.from);
    this.#at++;
    const args = this.#arguments(name.name);
    if (args.length < known.least || args.length > known.most) {
      const count = known.least === known.most ? `${known.least}` : `${known.least} to ${known.most}`;
      throw new ParseStop(name.from, `${name.name} takes ${count} arguments, not ${args.length}`);
    }
    this.#refuseBlock();
    return this.#node({ kind: 'call', receiver, method: name.name, args, safe });
  }

  #arguments(name: string): Node[] {
    if (this.#isOperator('(') && !this.#next.spaced) {
      this.#at++;
      return this.#items(')');
    }
    return takesArguments(name) && this.#beginsArgument() ? this.#list() : [];
  }

  /** Whether the argument of a method without parentheses stands here. */
  #beginsArgument(): boolean {
    const piece = this.#next;
    if (!piece.spaced || piece.kind === 'end') return false;
    if (piece.kind === 'name') return !['and', 'or', 'not', 'if', 'unless', 'do'].includes(piece.name);
    if (piece.kind !== 'operator') return true;
    const behind = this.#pieces[this.#at + 1];
    if (piece.operator === '-') return behind?.kind === 'number' && !behind.spaced;
    return piece.operator === '[' || piece.operator === '(';
  }

  #list(): Node[] {
    const items = [this.#choice()];
    while (this.#takeOperator(',') !== undefined) items.push(this.#choice());
    return items;
  }

  #items(close: ')' | ']'): Node[] {
    if (this.#takeOperator(close) !== undefined) return [];
    const items: Node[] = [];
    do {
      this.#refuseBlock();
      if (close === ']' && this.#isOperator(close)) break;
      items.push(this.#choice());
    } while (this.#takeOperator(',') !== undefined);
    this.#expect(close, `a "," or the "${close}" that ends the list`);
    return items;
  }

  #refuseBlock(): void {
    const piece = this.#next;
    const isDo = piece.kind === 'name' && piece.name === 'do';
    if (!isDo && !this.#isOperator('{', '&')) return;
    throw new ParseStop(
      piece.from,
      'blocks are not known',
      'give any?, all? or none? what the items are compared with: value.any?(/web/)',
    );
  }

  #primary(): Node {
    const piece = this.#next;
    if (piece.kind === 'name') return this.#named(piece.name);
    if (piece.kind === 'operator') return this.#enclosed(piece.operator);
    if (piece.kind === 'end') throw this.#unexpected('a value');
    this.#at++;
    switch (piece.kind) {
      case 'number':
        return this.#number(piece.number, piece.float);
      case 'text':
        return this.#text(piece.parts);
      case 'symbol':
        return this.#literal(new Name(wholeText(piece.parts, piece.from)));
      case 'pattern':
        return this.#pattern(piece.parts, rubyFlags(piece.letters), piece.from);
      case 'words':
        return this.#literal(piece.words.map((word) => (piece.symbols ? new Name(word) : word)));
      case 'token':
        return this.#node({ kind: 'token', token: piece.token });
    }
  }

  #enclosed(operator: string): Node {
    if (operator === '(') {
      this.#at++;
      const inner = this.#statement();
      this.#expect(')', 'an operator or the ")" that ends the parenthesis');
      return inner;
    }
    if (operator !== '[') throw this.#unexpected('a value');
    this.#at++;
    return this.#node({ kind: 'list', items: this.#items(']') });
  }

  #named(name: string): Node {
    this.#at++;
    switch (name) {
      case 'value':
        return this.#node({ kind: 'value' });
      case 'true':
        return this.#literal(true);
      case 'false':
        return this.#literal(false);
      case 'nil':
        return this.#literal(null);
      case 'Time':
        return this.#time();
    }
    this.#at--;
    throw unknownName(name, this.#next.from);
  }

  #time(): Node {
    const what = this.#takeOperator('.') && this.#takeName('now', 'at');
    if (what === undefined) throw this.#unexpected('Time.now or Time.at(value)');
    const args = what === 'at' ? this.#arguments('at') : [];
    if (what === 'now') {
      if (this.#takeOperator('(')) this.#expect(')', 'a ")"');
      return this.#node({ kind: 'now' });
    }
    const [of] = args;
    if (of === undefined || args.length > 1) throw this.#unexpected('one number: Time.at(value)');
    return this.#node({ kind: 'time', of });
  }

  #number(number: number, float: boolean): Node {
    return this.#literal(float ? new Float(number) : number === 0 ? 0 : number);
  }

  #literal(value: unknown): Node {
    return this.#node({ kind: 'literal', value });
  }

  #text(parts: readonly TextPart[]): Node {
    return parts.every((part) => typeof part === 'string')
      ? this.#literal(parts.join(''))
      : this.#node({ kind: 'text', parts });
  }

  #pattern(parts: readonly TextPart[], flags: number, at: number): Node {
    const translated = parts.map((part) => (typeof part === 'string' ? rubyPattern(part, at) : part));
    const whole = translated.every((part) => typeof part === 'string');
    // Compiled here in any case, so that its mistakes are told when the expression is read.
    const sample = translated.map((part) => (typeof part === 'string' ? part : 'x')).join('');
    try {
      const pattern = Pattern.compile(sample, flags);
      return whole ? this.#literal(pattern) : this.#node({ kind: 'pattern', parts: translated, flags });
    } catch (thrown) {
      throw new ParseStop(at, errorText(thrown));
    }
  }

  /** Chains of one word lie side by side, so that a long one is not deep. */
  #logic(kind: 'and' | 'or', left: Node, right: Node): Node {
    const parts = left.kind === kind ? [...left.parts, right] : [left, right];
    return this.#node({ kind, parts });
  }

  #node(written: Written): Node {
    const depth = depthOf(written);
    if (depth > DEEPEST) throw this.#tooDeep();
    return { ...written, depth } as Node;
  }

  #nested(read: () => Node): Node {
    if (++this.#depth > DEEPEST) throw this.#tooDeep();
    const node = read();
    this.#depth--;
    return node;
  }

  #tooDeep(): ParseStop {
    return new ParseStop(this.#next.from, 'the expression is nested too deep', 'make two filters of it');
  }

  #unexpected(wanted: string): ParseStop {
    const piece = this.#next;
    if (piece.kind === 'operator') {
      const refusal = unknownOperator(piece.operator, piece.from);
      if (refusal !== undefined) return refusal;
    }
    if (piece.kind === 'end')
      return new ParseStop(piece.from, 'the expression ends too early', `here should be ${wanted}`);
    if (piece.kind === 'name') return unknownName(piece.name, piece.from, wanted);
    const found = piece.kind === 'operator' ? `"${piece.operator}"` : `a ${piece.kind}`;
    return new ParseStop(piece.from, `${found} cannot stand here`, `here should be ${wanted}`);
  }
}

function wholeText(parts: readonly TextPart[], at: number): string {
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  throw new ParseStop(at, 'a token cannot stand in a symbol', 'write it as a text: ":::check.name:::"');
}
