import type { Pattern } from '../pattern.ts';
import type { CelFunction } from './functions.ts';

export type CelOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%' | 'in';
export type Macro = 'all' | 'exists' | 'exists_one' | 'filter' | 'map';

/** A CEL expression whose names, functions and patterns are known to be good. */
export type CelNode =
  | { kind: 'literal'; value: unknown }
  | { kind: 'variable'; name: string }
  /** `path` is how a person wrote it, for errors. */
  | { kind: 'field'; of: CelNode; name: string; path: string }
  | { kind: 'has'; of: CelNode; name: string }
  | { kind: 'index'; of: CelNode; index: CelNode }
  | { kind: 'list'; items: readonly CelNode[] }
  | { kind: 'map'; entries: readonly (readonly [CelNode, CelNode])[] }
  | { kind: 'and'; left: CelNode; right: CelNode }
  | { kind: 'or'; left: CelNode; right: CelNode }
  | { kind: 'not'; part: CelNode }
  | { kind: 'minus'; part: CelNode }
  | { kind: 'choice'; test: CelNode; yes: CelNode; no: CelNode }
  | { kind: 'binary'; operator: CelOperator; left: CelNode; right: CelNode }
  | { kind: 'call'; called: CelFunction; args: readonly CelNode[] }
  | { kind: 'matches'; text: CelNode; pattern: Pattern | CelNode }
  /** `item` names what `test` and `step` are evaluated for, one after the other. */
  | { kind: 'loop'; macro: Macro; over: CelNode; item: string; test?: CelNode; step?: CelNode };
