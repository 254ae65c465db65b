import type { Attributes } from './schema.ts';

/** A step into a document: the name of a member or the index of an item. */
export type Step = string | number;

const PLAIN = /^[A-Za-z0-9_-]+$/;
const LONGEST_STEP = 80;

/** True for a JSON object: neither null nor an array. */
export function isAttributes(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member of that name which the object itself has; undefined for everything else. */
export function memberOf(value: unknown, name: string): unknown {
  return isAttributes(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The value at the end of a path; undefined when it leads nowhere. */
export function valueAt(document: unknown, steps: readonly Step[]): unknown {
  return steps.reduce<unknown>(
    (value, step) => (Array.isArray(value) ? value[Number(step)] : memberOf(value, String(step))),
    document,
  );
}

/** True when two JSON values are the same, whatever the order of their members. */
export function sameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false;
    return one.every((item, index) => sameValue(item, other[index]));
  }
  if (!isAttributes(one) || !isAttributes(other)) return false;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => Object.hasOwn(other, name) && sameValue(one[name], other[name]));
}

/**
 * The path as a person reads it: `checks.disk.handlers[0]`, and `checks["disk root"].command` where a name
 * has other characters than letters, digits, `_` and `-`. Long names are cut.
 */
export function pathText(steps: readonly Step[]): string {
  return steps.map((step, index) => stepText(step, index === 0)).join('');
}

function stepText(step: Step, first: boolean): string {
  if (typeof step === 'number') return `[${step}]`;
  if (!PLAIN.test(step) || step.length > LONGEST_STEP) return `[${quoted(step, LONGEST_STEP)}]`;
  return first ? step : `.${step}`;
}

/** Text in quotes, safe for a terminal (no control characters), cut after `longest` characters. */
export function quoted(text: string, longest: number): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
