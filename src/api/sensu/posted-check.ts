import type { ExecutedCheck } from '../../model/check.ts';
import { postedCheck as completeCheck } from '../../model/posted-check.ts';
import { readObject } from '../body.ts';

/**
 * The check in a body, by the rules of `model/posted-check.ts`, and as if it ran now; undefined when it is none.
 * @param now Unix seconds
 */
export function postedCheck(body: unknown, now: number): ExecutedCheck | undefined {
  const posted = readObject(body);
  if (!posted) return undefined;
  const { executed: _executed, issued: _issued, ...attributes } = posted;
  return completeCheck(attributes, now);
}
