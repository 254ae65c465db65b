/** Operators between two values that are evaluated both. */
export type Operator = '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '=~' | '!~';

/** A part of a text: as written, or the number of the token whose value stands there. */
export type TextPart = string | number;

/** An expression. `depth` is how far it nests, so that evaluating it cannot use up the stack. */
export type Node = { depth: number } & (
  | { kind: 'literal'; value: unknown }
  /** The attribute that is judged. */
  | { kind: 'value' }
  /** A token outside quotes: the literal that its text is. */
  | { kind: 'token'; token: number }
  | { kind: 'text'; parts: readonly TextPart[] }
  | { kind: 'pattern'; parts: readonly TextPart[]; flags: number }
  | { kind: 'list'; items: readonly Node[] }
  | { kind: 'range'; from: Node; to: Node; exclusive: boolean }
  | { kind: 'and' | 'or'; parts: readonly Node[] }
  | { kind: 'not'; part: Node }
  | { kind: 'minus'; part: Node }
  | { kind: 'choice'; test: Node; yes: Node; no: Node }
  | { kind: 'binary'; operator: Operator; left: Node; right: Node }
  /** `safe`: nil when the receiver is nil (`&.`). */
  | { kind: 'call'; receiver: Node; method: string; args: readonly Node[]; safe: boolean }
  | { kind: 'index'; receiver: Node; index: Node }
  | { kind: 'now' }
  | { kind: 'time'; of: Node }
);

/** A node as it is written; how deep it nests is not known yet. */
export type Written = Node extends infer N ? (N extends Node ? Omit<N, 'depth'> : never) : never;

/** How deep a node nests that has these nodes inside. */
export function depthOf(node: Written): number {
  return 1 + Math.max(0, ...childrenOf(node).map((child) => child.depth));
}

function childrenOf(node: Written): readonly Node[] {
  switch (node.kind) {
    case 'list':
      return node.items;
    case 'range':
      return [node.from, node.to];
    case 'and':
    case 'or':
      return node.parts;
    case 'not':
    case 'minus':
      return [node.part];
    case 'choice':
      return [node.test, node.yes, node.no];
    case 'binary':
      return [node.left, node.right];
    case 'call':
      return [node.receiver, ...node.args];
    case 'index':
      return [node.receiver, node.index];
    case 'time':
      return [node.of];
    default:
      return [];
  }
}
