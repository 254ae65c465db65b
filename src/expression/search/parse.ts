import { valueAt } from '../../model/attributes.ts';
import { nearestName } from '../../model/nearest.ts';
import { ParseStop } from '../mistake.ts';
import type { SearchField, SearchFields } from './fields.ts';
import { readTokens, type SearchToken, type SearchValue } from './lexer.ts';
import { piecesOf, readTest } from './tests.ts';
import type { SearchNode } from './tree.ts';

const LONGEST_TEXT = 4000;
const MOST_TERMS = 500;
const DEEPEST = 30;
const GLUED = /^([A-Za-z_][\w.-]*?)(>=|<=|!=|>|<|=)./;

/** Reads a search over the fields of a subject. Throws ParseStop. */
export function readSearch<D>(text: string, fields: SearchFields<D>): SearchNode<D> {
  if (text.length > LONGEST_TEXT) {
    throw new ParseStop(LONGEST_TEXT, `a search has at most ${LONGEST_TEXT} characters`);
  }
  return new SearchReader(text, fields).read();
}

/** Recursive descent over the tokens: OR binds least, then AND (also unwritten), then NOT. */
class SearchReader<D> {
  readonly #end: number;
  readonly #fields: SearchFields<D>;
  readonly #tokens: readonly SearchToken[];
  #at = 0;
  #terms = 0;
  #depth = 0;

  constructor(text: string, fields: SearchFields<D>) {
    this.#end = text.length;
    this.#fields = fields;
    this.#tokens = readTokens(text);
  }

  read(): SearchNode<D> {
    if (this.#tokens.length === 0) return { kind: 'everything' };
    const tree = this.#either();
    const rest = this.#next();
    if (rest !== undefined) {
      throw new ParseStop(rest.from, 'this parenthesis closes nothing', 'take it away, or open one before');
    }
    return tree;
  }

  #next(): SearchToken | undefined {
    return this.#tokens[this.#at];
  }

  #taken(...kinds: SearchToken['kind'][]): SearchToken | undefined {
    const token = this.#next();
    if (token === undefined || !kinds.includes(token.kind)) return undefined;
    this.#at++;
    return token;
  }

  #either(): SearchNode<D> {
    const parts = [this.#all()];
    while (this.#taken('OR')) parts.push(this.#all());
    return joined('or', parts);
  }

  #all(): SearchNode<D> {
    const parts = [this.#one()];
    while (this.#taken('AND') || this.#beginsTerm()) parts.push(this.#one());
    return joined('and', parts);
  }

  #beginsTerm(): boolean {
    const token = this.#next();
    return token !== undefined && token.kind !== ')' && token.kind !== 'OR';
  }

  #one(): SearchNode<D> {
    if (++this.#depth > DEEPEST) {
      throw new ParseStop(this.#next()?.from ?? this.#end, `a search nests at most ${DEEPEST} deep`);
    }
    const node = this.#inverted() ?? this.#group() ?? this.#term();
    this.#depth--;
    return node;
  }

  #inverted(): SearchNode<D> | undefined {
    return this.#taken('NOT', '-') && { kind: 'not', part: this.#one() };
  }

  #group(): SearchNode<D> | undefined {
    const open = this.#taken('(');
    if (open === undefined) return undefined;
    const inner = this.#either();
    if (!this.#taken(')')) {
      throw new ParseStop(
        open.from,
        'the parenthesis that opens here is not closed',
        'put a ) where the group ends',
      );
    }
    return inner;
  }

  #term(): SearchNode<D> {
    const token = this.#taken('field', 'word');
    if (token?.kind === 'field') return this.#asked(token.name, token.values, token.from);
    if (token?.kind === 'word') return this.#words(token.value);
    const place = this.#next();
    const what = place === undefined ? 'the search ends' : `there is "${place.kind}"`;
    throw new ParseStop(
      place?.from ?? this.#end,
      `${what} where a condition should stand`,
      'write field:value, a word, or a "quoted text"',
    );
  }

  #asked(name: string, values: readonly SearchValue[], at: number): SearchNode<D> {
    const field = fieldOf(name, this.#fields);
    if (field === undefined) throw unknownField(name, at, this.#fields);
    const { type, read } = field;
    const ask = (value: SearchValue): SearchNode<D> => {
      this.#count(value.from);
      return { kind: 'field', field: name, type, read, test: readTest(value, name, type) };
    };
    return joined('or', values.map(ask));
  }

  #words(value: SearchValue): SearchNode<D> {
    this.#count(value.from);
    const glued = value.quoted ? null : GLUED.exec(value.text);
    if (glued !== null && fieldOf(glued[1] ?? '', this.#fields) !== undefined) {
      const [, name = '', sign = ''] = glued;
      const mended = sign === '!=' ? `-${name}:` : `${name}:${sign === '=' ? '' : sign}`;
      throw new ParseStop(
        value.from,
        'a field is followed by a colon',
        `write ${mended}${value.text.slice(name.length + sign.length)}, or put it in quotes if it is a text to look for`,
      );
    }
    const pieces = piecesOf(value).filter((piece) => piece !== '');
    return pieces.length === 0 ? { kind: 'everything' } : { kind: 'words', pieces };
  }

  #count(at: number): void {
    if (++this.#terms > MOST_TERMS) throw new ParseStop(at, `a search has at most ${MOST_TERMS} conditions`);
  }
}

function joined<D>(kind: 'and' | 'or', parts: readonly SearchNode<D>[]): SearchNode<D> {
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind, parts };
}

/** The field of that name, or one made for a path into one of the subject's documents. */
export function fieldOf<D>(name: string, known: SearchFields<D>): SearchField<D> | undefined {
  const field = known.fields.get(name);
  if (field !== undefined) return field;
  const [root = '', ...steps] = name.split('.');
  const document = known.documents.get(root);
  if (document === undefined || steps.length === 0 || steps.includes('')) return undefined;
  return { type: 'any', read: (subject) => valueAt(document(subject), steps) };
}

function unknownField<D>(name: string, at: number, known: SearchFields<D>): ParseStop {
  const [root = '', ...rest] = name.split('.');
  const near =
    nearestName(name, known.fields.keys()) ??
    [nearestName(root, known.documents.keys()), ...rest].join('.').replace(/^\..*/, '');
  const hint =
    near !== ''
      ? `did you mean "${near}"?`
      : `known are ${[...known.fields.keys()].join(', ')}; put the text in quotes if it is to be looked for`;
  return new ParseStop(at, `there is no field "${name}"`, hint);
}
