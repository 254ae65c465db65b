import type { PipelineRules } from '../rules.ts';

/** A handler that a set leads to, or a set that stands too deep to be opened. */
export interface Member {
  name: string;
  problem: string | undefined;
}

/** A set may stand in a set, and no deeper. */
const MOST_LEVELS = 2;

/** The handlers that a name leads to through sets: itself when it is no set. May name one twice. */
export function expandSets(name: string, handlers: PipelineRules['handlers']): Member[] {
  return expand(name, handlers, []);
}

function expand(name: string, handlers: PipelineRules['handlers'], above: readonly string[]): Member[] {
  const handler = handlers.get(name);
  if (handler?.type !== 'set') return [{ name, problem: undefined }];
  if (above.length === MOST_LEVELS) {
    const problem = `handler set "${name}" stands in set "${above[1]}" in set "${above[0]}": sets go two deep`;
    return [{ name, problem }];
  }
  return (handler.handlers ?? []).flatMap((member) => expand(member, handlers, [...above, name]));
}
