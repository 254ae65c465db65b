import { isAttributes } from '../model/attributes.ts';
import type { Attributes } from '../model/schema.ts';

/** Deeper documents are refused: who writes them out later must not run out of stack. */
const DEEPEST = 100;

/**
 * The JSON object that a body holds, whatever its content type; undefined when it holds none, or one that is nested
 * too deep. A member called `__proto__` is left out.
 */
export function readObject(body: unknown): Attributes | undefined {
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined;
  const value = parse(body.toString('utf8'));
  return isAttributes(value) && tidy(value) ? value : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Removes dangerous members in place; false when the value is nested too deep. Without recursion, for any depth. */
function tidy(value: object): boolean {
  let level: object[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === DEEPEST) return false;
    const next: object[] = [];
    for (const container of level) {
      if (Object.hasOwn(container, '__proto__')) Reflect.deleteProperty(container, '__proto__');
      for (const member of Object.values(container)) {
        if (typeof member === 'object' && member !== null) next.push(member);
      }
    }
    level = next;
  }
  return true;
}
