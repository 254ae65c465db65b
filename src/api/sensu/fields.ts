import type { Attributes } from '../../model/schema.ts';
import { readObject } from '../body.ts';

/** How a member of a body is read: its value when it fits, `undefined` when it does not. */
export type Field<Value> = (value: unknown) => Value | undefined;

export const textField: Field<string> = (value) => (typeof value === 'string' ? value : undefined);
export const flagField: Field<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);
/** A whole number that is exact. */
export const wholeField: Field<number> = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
export const listField: Field<unknown[]> = (value) => (Array.isArray(value) ? value : undefined);
export const objectField: Field<Attributes> = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Attributes) : undefined;

/** A text that fits a pattern. */
export function matching(pattern: RegExp): Field<string> {
  return (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined);
}

type Fields = Readonly<Record<string, Field<unknown>>>;
type Read<All extends Fields> = { [Name in keyof All]?: Exclude<ReturnType<All[Name]>, undefined> };

/**
 * The members of the JSON object in a body that an endpoint knows; the others are ignored, and null counts as left
 * out. Undefined when there is no object, or a member does not fit.
 */
export function readFields<All extends Fields>(body: unknown, fields: All): Read<All> | undefined {
  const posted = readObject(body);
  if (!posted) return undefined;
  const read: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = Object.hasOwn(posted, name) ? posted[name] : undefined;
    if (value === undefined || value === null) continue;
    const fitting = field(value);
    if (fitting === undefined) return undefined;
    read[name] = fitting;
  }
  return read as Read<All>;
}
