import type { Attributes } from './schema.ts';

/** Deeper documents are refused: who writes them out later must not run out of stack. */
export const DEEPEST_JSON = 100;

/** The value that a text holds; undefined when it is no JSON. (RFC 8259, without comments.) */
export function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/**
 * Makes a parsed value from outside harmless, in place: members called `__proto__` are removed. False when it is nested
 * too deep to be taken. Works without recursion, for any depth.
 */
export function tidyJson(value: unknown): boolean {
  let level = isContainer(value) ? [value] : [];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === DEEPEST_JSON) return false;
    const next: Attributes[] = [];
    for (const container of level) {
      if (Object.hasOwn(container, '__proto__')) Reflect.deleteProperty(container, '__proto__');
      for (const member of Object.values(container)) if (isContainer(member)) next.push(member);
    }
    level = next;
  }
  return true;
}

function isContainer(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null;
}
