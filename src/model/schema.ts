import { Type } from 'typebox';
import { NAME_LENGTH, NAME_PATTERN } from './names.ts';

/**
 * The pieces that document schemas are made of. Each carries an `expected` text: what a person is told
 * when a value does not fit (see `problemsOf`).
 */

/** A member of a document that we do not know and keep as it is. */
export type Attributes = Record<string, unknown>;

export const text = (expected = 'a string') => Type.String({ expected });
export const filledText = (expected = 'a string that is not empty') =>
  Type.String({ minLength: 1, expected });
export const name = () =>
  Type.String({
    pattern: NAME_PATTERN,
    maxLength: NAME_LENGTH,
    expected: 'a name of letters, digits, "_", "." and "-"',
  });
export const flag = () => Type.Boolean({ expected: 'true or false' });
export const whole = (expected = 'a whole number') => Type.Integer({ expected });
export const positive = (expected = 'a whole number above 0') =>
  Type.Integer({ exclusiveMinimum: 0, expected });
/** A TCP or UDP port to connect to or listen on; 0 lets the system choose one to listen on. */
export const port = (expected = 'a port number from 0 to 65535') =>
  Type.Integer({ minimum: 0, maximum: 65535, expected });
export const seconds = (expected = 'a number of seconds') => Type.Number({ minimum: 0, expected });
export const texts = (expected = 'an array of strings that are not empty') =>
  Type.Array(filledText(), { expected });
/** Unix time in whole seconds. */
export const timestamp = () => Type.Integer({ expected: 'a Unix time in whole seconds' });
/** An object whose members are not ours to judge. */
export const anyObject = (expected = 'an object') => Type.Record(Type.String(), Type.Unknown(), { expected });
