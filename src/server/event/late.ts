import type { ExecutedCheck } from '../../model/check.ts';
import type { StatusPoint, TakenNumber } from '../../state/documents.ts';

/** Most gaps of one agent whose beginnings are remembered; beyond them the oldest go. */
const MOST_POINTS = 8;

/**
 * Remembers what a check was like before results of an agent are missing, so that those can be judged when they come.
 * @param taken the agent's numbers in front
 * @param last the newest result before the gap; undefined: there was none
 */
export function withPoint(
  taken: readonly TakenNumber[],
  last: ExecutedCheck | undefined,
): readonly TakenNumber[] {
  const [first, ...others] = taken;
  if (!first) return taken;
  const point: StatusPoint[] = last?.executed === undefined ? [] : [[last.executed, last.status]];
  return [{ ...first, before: [...(first.before ?? []), ...point].slice(-MOST_POINTS) }, ...others];
}

/** What is remembered once a late result was taken, and the status that its check had before it. */
export interface LateNote {
  taken: readonly TakenNumber[];
  /** Undefined: not known. */
  before: number | undefined;
}

/** Notes a late result; those of one gap come in order, so each is what the next one is compared with. */
export function noteLate(
  taken: readonly TakenNumber[],
  agent: string,
  { executed, status }: ExecutedCheck,
): LateNote {
  const index = taken.findIndex((number) => number.agent === agent);
  const number = taken[index];
  if (!number?.before || executed === undefined) return { taken, before: undefined };
  const place = number.before.findLastIndex(([moment]) => moment <= executed);
  const point = number.before[place];
  if (point?.[1] === status) return { taken, before: status };
  const here: StatusPoint = [executed, status];
  const points = point ? number.before.with(place, here) : [here, ...number.before].slice(0, MOST_POINTS);
  return { taken: taken.with(index, { ...number, before: points }), before: point?.[1] ?? 0 };
}
