import type { Page, PageOptions, Revision } from './port.ts';

const DEFAULT_PAGE = 1000;

/** A value is its own revision: a document that was written again is another value. */
export function revisionOf(value: unknown): Revision {
  return value as Revision;
}

/** All documents, in memory: a map for each kind. */
export class Documents {
  readonly #kinds = new Map<string, Map<string, unknown>>();
  /** Names of a kind in order, for as long as none comes or goes. */
  readonly #sorted = new Map<string, string[]>();

  /** The live documents of a kind. */
  view(kind: string): Map<string, unknown> {
    let documents = this.#kinds.get(kind);
    if (!documents) {
      documents = new Map();
      this.#kinds.set(kind, documents);
    }
    return documents;
  }

  get(kind: string, name: string): unknown {
    return this.#kinds.get(kind)?.get(name);
  }

  /** Sets a document, or deletes it when the value is undefined. */
  put(kind: string, name: string, value: unknown): void {
    const documents = this.view(kind);
    const before = documents.size;
    if (value === undefined) documents.delete(name);
    else documents.set(name, value);
    if (documents.size !== before) this.#sorted.delete(kind);
  }

  list(kind: string, options: PageOptions): Page {
    const { after, prefix = '', limit = DEFAULT_PAGE } = options;
    const names = this.#namesOf(kind);
    const behind = after === undefined ? 0 : firstIndex(names, (name) => name > after);
    const start = Math.max(
      behind,
      firstIndex(names, (name) => name >= prefix),
    );
    const items: Page['items'] = [];
    for (let index = start; index < names.length; index++) {
      const name = names[index] ?? '';
      if (!name.startsWith(prefix)) break;
      const last = items.at(-1);
      if (items.length >= limit) return last ? { items, next: last.name } : { items };
      const value = this.get(kind, name);
      items.push({ name, value, revision: revisionOf(value) });
    }
    return { items };
  }

  #namesOf(kind: string): string[] {
    let names = this.#sorted.get(kind);
    if (!names) {
      names = [...this.view(kind).keys()].sort();
      this.#sorted.set(kind, names);
    }
    return names;
  }
}

/** Index of the first name for which `holds`, which holds for all names behind it as well. */
function firstIndex(names: readonly string[], holds: (name: string) => boolean): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(names[middle] ?? '')) high = middle;
    else low = middle + 1;
  }
  return low;
}
