import type { Attributes } from '../../model/schema.ts';

/** Deeper than this no document goes. */
const DEEPEST = 32;

/** The parameters of a request, as they were written: nothing is decoded. Of repeated ones the last counts. */
export class Query {
  readonly #values = new Map<string, string>();

  /** @param text what stands behind `?` */
  constructor(text: string) {
    for (const part of text.split('&')) {
      const equals = part.indexOf('=');
      if (equals > 0) this.#values.set(part.slice(0, equals), part.slice(equals + 1));
    }
  }

  text(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** A number without sign; undefined for anything else, which is ignored. */
  whole(name: string): number | undefined {
    const text = this.#values.get(name);
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  }

  /** The attributes wanted by all `filter.<path>=<value>`; undefined when there are none. */
  filter(): Attributes | undefined {
    let wanted: Attributes | undefined;
    for (const [name, value] of this.#values) {
      if (!name.startsWith('filter.')) continue;
      wanted ??= bare();
      setAt(wanted, name.slice('filter.'.length).split('.').slice(0, DEEPEST), value);
    }
    return wanted;
  }
}

/** An object in which every name is a plain member. */
function bare(): Attributes {
  return Object.create(null) as Attributes;
}

function setAt(attributes: Attributes, path: readonly string[], value: string): void {
  let at = attributes;
  for (const name of path.slice(0, -1)) {
    const inner = at[name];
    const next = typeof inner === 'object' ? (inner as Attributes) : bare();
    at[name] = next;
    at = next;
  }
  at[path.at(-1) ?? ''] = value;
}
