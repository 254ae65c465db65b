import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { isAttributes } from './attributes.ts';
import { type ExecutedCheck, ExecutedCheckSchema } from './check.ts';
import { type Problem, problemAt, problemsOf } from './problems.ts';
import { type Attributes, whole } from './schema.ts';

/** A result from a person or program: mistakes are told at once, so it is held to more than one from an agent. */
const PostedCheckSchema = Type.Object(
  {
    ...ExecutedCheckSchema.properties,
    low_flap_threshold: Type.Optional(whole()),
    high_flap_threshold: Type.Optional(whole()),
  },
  { additionalProperties: true, expected: 'an object with "name" and "output"' },
);
const POSTED = Compile(PostedCheckSchema);
const KNOWN = Object.keys(PostedCheckSchema.properties);

/**
 * The check that a program or person reports, complete: `status` is 0 and `executed` is now unless it says otherwise,
 * `issued` is always now. Undefined when it cannot be one. A known attribute that is null counts as not given;
 * attributes that nobody knows are kept. (Sensu Core 1.9 documentation, "Client socket input".)
 *
 * @param posted parsed JSON; it is not changed
 * @param now Unix seconds
 */
export function postedCheck(posted: unknown, now: number): ExecutedCheck | undefined {
  if (!isAttributes(posted)) return undefined;
  const check = completed(posted, now);
  return POSTED.Check(check) && !brokenRule(check) ? (check as ExecutedCheck) : undefined;
}

/** What is wrong with a value that `postedCheck` does not take; the first thing of it. */
export function postedCheckProblem(posted: unknown, now: number): Problem {
  if (!isAttributes(posted)) return problemAt([], 'an object with "name" and "output"', posted);
  const check = completed(posted, now);
  const [problem = brokenRule(check)] = problemsOf(PostedCheckSchema, check);
  return problem ?? problemAt([], 'an object with "name" and "output"', posted);
}

function completed(posted: Attributes, now: number): Attributes {
  const check = { ...posted };
  for (const name of KNOWN) if (check[name] === null) delete check[name];
  return { ...check, status: check['status'] ?? 0, executed: check['executed'] ?? now, issued: now };
}

/** The rules that the schema cannot tell: thresholds come in pairs, and `ttl_status` means something beside `ttl` only. */
function brokenRule(check: Attributes): Problem | undefined {
  const { low_flap_threshold: low, high_flap_threshold: high, ttl, ttl_status: ttlStatus } = check;
  if ((low === undefined) !== (high === undefined)) {
    const missing = low === undefined ? 'low_flap_threshold' : 'high_flap_threshold';
    return problemAt([missing], 'a whole number, since the other flap threshold is set', undefined);
  }
  return ttl !== undefined && ttlStatus !== undefined && !Number.isInteger(ttlStatus)
    ? problemAt(['ttl_status'], 'a whole number', ttlStatus)
    : undefined;
}
