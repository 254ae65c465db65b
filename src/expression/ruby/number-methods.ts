import { ExpressionError } from '../mistake.ts';
import { Float, numeric } from '../values.ts';
import { type Bodies, method, methods, wholeArgument } from './method.ts';

const MOST_DIGITS = 15;

/** A method of Integer and Float. */
function ofNumbers(body: (number: number, float: boolean) => unknown): Bodies {
  const call = (receiver: unknown): unknown => {
    const { number, float } = numeric(receiver) ?? { number: 0, float: false };
    return body(number, float);
  };
  return { Integer: call, Float: call };
}

function whole(number: number): number {
  if (!Number.isSafeInteger(number)) throw new ExpressionError('a number is too big, or none');
  return number === 0 ? 0 : number;
}

/** Half away from zero, as Ruby rounds. */
function rounded(number: number): number {
  return Math.sign(number) * Math.round(Math.abs(number));
}

const isZero = ofNumbers((number) => number === 0);
const ofIntegers = (body: (number: number) => unknown): Bodies => ({ Integer: body });

export const numberMethods = {
  ...methods([0, 0], {
    abs: ofNumbers((number, float) => (float ? new Float(Math.abs(number)) : Math.abs(number))),
    floor: ofNumbers((number) => whole(Math.floor(number))),
    ceil: ofNumbers((number) => whole(Math.ceil(number))),
    'zero?': isZero,
    'positive?': ofNumbers((number) => number > 0),
    'negative?': ofNumbers((number) => number < 0),
    'even?': ofIntegers((number) => number % 2 === 0),
    'odd?': ofIntegers((number) => number % 2 !== 0),
  }),
  round: method('round', [0, 1], {
    Integer: (number: number) => number,
    Float: (receiver: unknown, args) => {
      const { number } = numeric(receiver) ?? { number: 0 };
      if (args.length === 0) return whole(rounded(number));
      const digits = Math.max(0, Math.min(MOST_DIGITS, wholeArgument(args[0], 'round')));
      const scale = 10 ** digits;
      return digits === 0 ? whole(rounded(number)) : new Float(rounded(number * scale) / scale);
    },
  }),
};
