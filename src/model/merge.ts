import { isAttributes } from './attributes.ts';
import type { Attributes } from './schema.ts';

/**
 * Lays one document over another: objects are merged member by member, arrays are joined and each value is
 * kept once (where it stood first), and of everything else, null and a change of type included, the later
 * value stands. (Sensu Core 1.9 documentation, "Configuration merging".)
 *
 * Neither argument is changed; parts of both live on in the answer. A member called `__proto__` is left out.
 */
export function deepMerge(earlier: Attributes, later: Attributes): Attributes {
  const merged: Attributes = {};
  for (const [name, value] of Object.entries(earlier)) {
    if (name !== '__proto__') merged[name] = value;
  }
  for (const [name, value] of Object.entries(later)) {
    if (name === '__proto__') continue;
    merged[name] = Object.hasOwn(merged, name) ? mergeValues(merged[name], value) : value;
  }
  return merged;
}

/**
 * Many documents, each laid over the ones before it as `deepMerge` does, in time that grows with what is added and not
 * with what is there: a configuration may stand in thousands of files.
 */
export class Merging {
  /** What came of the documents so far. It changes with the next one. */
  readonly document: Attributes = {};
  /** Objects that are ours alone and may be changed. */
  readonly #own = new WeakSet<object>([this.document]);

  add(later: Attributes): void {
    this.#add(this.document, later);
  }

  #add(own: Attributes, later: Attributes): void {
    for (const [name, value] of Object.entries(later)) {
      if (name === '__proto__') continue;
      const before = Object.hasOwn(own, name) ? own[name] : undefined;
      if (isAttributes(before) && isAttributes(value)) this.#add(this.#ownOf(own, name, before), value);
      else own[name] = mergeValues(before, value);
    }
  }

  #ownOf(around: Attributes, name: string, value: Attributes): Attributes {
    if (this.#own.has(value)) return value;
    const copy = deepMerge(value, {});
    this.#own.add(copy);
    around[name] = copy;
    return copy;
  }
}

/** `deepMerge` for values of any type. */
export function mergeValues(earlier: unknown, later: unknown): unknown {
  if (isAttributes(earlier) && isAttributes(later)) return deepMerge(earlier, later);
  if (Array.isArray(earlier) && Array.isArray(later)) return withoutRepeats([...earlier, ...later]);
  return later;
}

/** The items of an array whose values (as `read` tells them) have not come before. */
export function withoutRepeats<Item>(
  items: readonly Item[],
  read: (item: Item) => unknown = (item) => item,
): Item[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const text = identity(read(item));
    const first = !seen.has(text);
    seen.add(text);
    return first;
  });
}

/** A text that equal values share: JSON with members in the order of their names. */
function identity(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    isAttributes(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}
