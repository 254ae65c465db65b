import type { Node } from 'jsonc-parser';
import type { Step } from '../model/attributes.ts';
import { withoutRepeats } from '../model/merge.ts';
import type { Source } from './source.ts';

/** Where a value of the merged document comes from. */
export interface Origin {
  /** The file's path, or the name of the environment variable. */
  file: string;
  /** From 1. */
  line: number;
  /** Set when it is no file that says it. */
  variable?: string | undefined;
}

/** What one source says of a value. */
export interface Saying extends Origin {
  value: unknown;
  /** False when a later source has replaced it. */
  counts: boolean;
}

/** A value as one file has it. */
interface Contribution {
  source: Source;
  node: Node;
  /** Where its name stands, for a member; the value itself otherwise. */
  offset: number;
  value: unknown;
}

/** Knows where each value of the merged document was written. It follows the rules of `deepMerge` backwards. */
export class Origins {
  readonly #roots: readonly Contribution[];
  /** Objects that were asked for, by their members; a section can hold thousands. */
  readonly #members = new Map<Node, ReadonlyMap<unknown, Node>>();

  /** @param sources in the order in which they were merged */
  constructor(sources: readonly Source[]) {
    this.#roots = sources.flatMap((source) =>
      source.tree ? [{ source, node: source.tree, offset: source.tree.offset, value: source.document }] : [],
    );
  }

  /**
   * The file that had the last word on a value, and for an object or array the file that began it. For a value
   * that is missing, the place of the one around it. Undefined when no file has any of it.
   */
  of(steps: readonly Step[]): Origin | undefined {
    let contributions = this.#roots;
    for (const [depth, step] of steps.entries()) {
      const inner =
        typeof step === 'number' ? itemAt(contributions, step) : this.#membersNamed(contributions, step);
      if (inner.length === 0 && depth === 0) return undefined;
      if (inner.length === 0) break;
      contributions = lastWords(inner);
    }
    const [first] = contributions;
    return first && originOf(first);
  }

  /**
   * Everything that was said of a value, in the order in which it was merged: what was joined to it, and what a later
   * source replaced. Empty for the items of an array, whose places say nothing before they are joined.
   */
  sayings(steps: readonly Step[]): Saying[] {
    let all = this.#roots;
    let counting = this.#roots;
    for (const step of steps) {
      if (typeof step === 'number') return [];
      all = this.#membersNamed(all, step);
      counting = lastWords(this.#membersNamed(counting, step));
    }
    const nodes = new Set(counting.map((one) => one.node));
    return all.map((one) => ({ ...originOf(one), value: one.value, counts: nodes.has(one.node) }));
  }

  #membersNamed(contributions: readonly Contribution[], name: string): Contribution[] {
    return contributions.flatMap((whole) => {
      if (whole.node.type !== 'object') return [];
      const property = this.#membersOf(whole.node).get(name);
      const node = property?.children?.[1];
      if (!property || !node) return [];
      const value = (whole.value as Record<string, unknown>)[name];
      return [{ source: whole.source, node, offset: property.offset, value }];
    });
  }

  #membersOf(node: Node): ReadonlyMap<unknown, Node> {
    const known = this.#members.get(node);
    if (known) return known;
    // Of a name that stands twice, the last counts.
    const members = new Map((node.children ?? []).map((child) => [child.children?.[0]?.value, child]));
    this.#members.set(node, members);
    return members;
  }
}

function originOf({ source, offset }: Contribution): Origin {
  const { file, variable } = source;
  return { file, line: source.lineOf(offset), ...(variable === undefined ? {} : { variable }) };
}

/** The contributions that make up the merged value: behind the last one that replaced what was before it. */
function lastWords(contributions: readonly Contribution[]): Contribution[] {
  const type = contributions.at(-1)?.node.type;
  if (type !== 'object' && type !== 'array') return contributions.slice(-1);
  return contributions.slice(contributions.findLastIndex((one) => one.node.type !== type) + 1);
}

function itemAt(contributions: readonly Contribution[], index: number): Contribution[] {
  const items = contributions.flatMap((whole) =>
    whole.node.type !== 'array'
      ? []
      : (whole.node.children ?? []).map((node, position) => ({
          source: whole.source,
          node,
          offset: node.offset,
          value: (whole.value as unknown[])[position],
        })),
  );
  // Only arrays that were joined lose their repeats.
  const kept = contributions.length > 1 ? withoutRepeatedValues(items) : items;
  const item = kept[index];
  return item ? [item] : [];
}

function withoutRepeatedValues(items: readonly Contribution[]): Contribution[] {
  return withoutRepeats(items, (item) => item.value);
}
