import { TocsinError } from '../runtime/errors.ts';

/** Why a text cannot be read: where, what is wrong there, and what would mend it. All texts are safe to show. */
export interface Mistake {
  /** Index in the text, counted in UTF-16 units from 0. */
  position: number;
  message: string;
  hint?: string | undefined;
}

/** What became of a text: what it says, or the first mistake in it. */
export type Parsed<T> = { value: T; mistake?: undefined } | { value?: undefined; mistake: Mistake };

/** An expression that could not be evaluated on a document: a token without a value, a wrong type, a bound exceeded. */
export class ExpressionError extends TocsinError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('EXPRESSION_FAILED', message, options);
    this.name = 'ExpressionError';
  }
}

/** Ends a parse; never leaves the room. */
export class ParseStop extends Error {
  readonly mistake: Mistake;

  constructor(position: number, message: string, hint?: string | undefined) {
    super(message);
    this.mistake = hint === undefined ? { position, message } : { position, message, hint };
  }
}

/** What `read` gives, or the mistake that stopped it. */
export function parsed<T>(read: () => T): Parsed<T> {
  try {
    return { value: read() };
  } catch (thrown) {
    if (thrown instanceof ParseStop) return { mistake: thrown.mistake };
    throw thrown;
  }
}
