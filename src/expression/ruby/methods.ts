import { collectionMethods } from './collection-methods.ts';
import type { Method } from './method.ts';
import { numberMethods } from './number-methods.ts';
import { textMethods } from './text-methods.ts';
import { timeMethods } from './time-methods.ts';

/** Every method that an expression may call, by name. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  Object.entries({ ...collectionMethods, ...numberMethods, ...textMethods, ...timeMethods }),
);

/** Whether something may stand behind a method's name without parentheses: `value.include? 'web'`. */
export function takesArguments(name: string): boolean {
  return (METHODS.get(name)?.most ?? 0) > 0;
}
