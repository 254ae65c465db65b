import { isAttributes } from '../model/attributes.ts';
import { parseJson, tidyJson } from '../model/json.ts';
import type { Attributes } from '../model/schema.ts';

/**
 * The JSON object that a body holds, whatever its content type; undefined when it holds none, or one that is nested
 * too deep. A member called `__proto__` is left out.
 */
export function readObject(body: unknown): Attributes | undefined {
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined;
  const value = parseJson(body.toString('utf8'))?.value;
  return isAttributes(value) && tidyJson(value) ? value : undefined;
}
