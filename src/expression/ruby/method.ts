import type { Budget } from '../budget.ts';
import { ExpressionError } from '../mistake.ts';
import { kindOf } from '../values.ts';

/** A method: how many arguments it takes, and what it gives for each class of receiver. */
export interface Method {
  least: number;
  most: number;
  /** Throws ExpressionError for a receiver that has no such method, as Ruby raises. */
  call(receiver: unknown, args: readonly unknown[], budget: Budget): unknown;
}

type Body<T> = (receiver: T, args: readonly unknown[], budget: Budget) => unknown;

/** The receivers that a method knows, by the names of their classes. */
export interface Bodies {
  Array?: Body<readonly unknown[]>;
  Hash?: Body<Record<string, unknown>>;
  String?: Body<string>;
  any?: Body<unknown>;
  [kind: string]: Body<never> | undefined;
}

/** A method of one name, with its bodies by class of receiver; `any` serves the classes that have none. */
export function method(name: string, [least, most]: readonly [number, number], bodies: Bodies): Method {
  return {
    least,
    most,
    call(receiver, args, budget) {
      const kind = kindOf(receiver);
      const body = (Object.hasOwn(bodies, kind) ? bodies[kind] : bodies.any) as Body<unknown> | undefined;
      if (body === undefined) {
        const hint = kind === 'nil' ? ': the attribute is missing or null' : '';
        throw new ExpressionError(`${kind === 'nil' ? 'nil' : `a ${kind}`} has no method ${name}${hint}`);
      }
      return body(receiver, args, budget);
    },
  };
}

/** A method for each name, all with the same arguments. */
export function methods(
  count: readonly [number, number],
  bodies: Record<string, Bodies>,
): Record<string, Method> {
  return Object.fromEntries(
    Object.entries(bodies).map(([name, known]) => [name, method(name, count, known)]),
  );
}

export function textArgument(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw new ExpressionError(`${name} takes a text, not a ${kindOf(value)}`);
}

export function wholeArgument(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new ExpressionError(`${name} takes a whole number, not a ${kindOf(value)}`);
}
