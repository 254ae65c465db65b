import { Type } from 'typebox';
import { Check as fits } from 'typebox/value';
import { type ExecutedCheck, ExecutedCheckSchema } from '../../model/check.ts';
import type { Attributes } from '../../model/schema.ts';
import { whole } from '../../model/schema.ts';
import { readObject } from '../body.ts';

/** A result from a person or program: mistakes are told at once, so it is held to more than one from an agent. */
const PostedCheckSchema = Type.Object(
  {
    ...ExecutedCheckSchema.properties,
    ttl_status: Type.Optional(whole()),
    low_flap_threshold: Type.Optional(whole()),
    high_flap_threshold: Type.Optional(whole()),
  },
  { additionalProperties: true },
);

/**
 * The check in a body, `status` 0 unless it says otherwise, as if it ran now; undefined when it is none.
 * @param now Unix seconds
 */
export function postedCheck(body: unknown, now: number): ExecutedCheck | undefined {
  const posted = readObject(body);
  if (!posted || !hasBothThresholds(posted)) return undefined;
  const { executed: _executed, issued: _issued, ...attributes } = posted;
  const check = { ...attributes, status: posted['status'] ?? 0, executed: now, issued: now };
  return fits(PostedCheckSchema, check) ? (check as ExecutedCheck) : undefined;
}

function hasBothThresholds(check: Attributes): boolean {
  return (check['low_flap_threshold'] === undefined) === (check['high_flap_threshold'] === undefined);
}
