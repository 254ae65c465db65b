import type { ExecutedCheck } from '../../model/check.ts';
import { NAME_LENGTH } from '../../model/names.ts';

/** Aggregates that one result may belong to; a peer's check can name any number. */
export const MOST_AGGREGATES = 100;

const NONE: readonly string[] = [];

/**
 * The aggregates that a result belongs to: those in `aggregates`, or else the one in `aggregate`, where true stands
 * for the check's own name. (Sensu Core 1.9 documentation, "Aggregates".)
 */
export function aggregatesOf(check: ExecutedCheck): readonly string[] {
  const { aggregate, aggregates } = check;
  if (aggregates) {
    const named = aggregates.slice(0, MOST_AGGREGATES).filter((name) => name.length <= NAME_LENGTH);
    return [...new Set(named)];
  }
  if (aggregate === true) return [check.name];
  return typeof aggregate === 'string' && aggregate.length <= NAME_LENGTH ? [aggregate] : NONE;
}
