import { RE2JS } from 're2js';
import { errorText } from '../runtime/errors.ts';
import type { Budget } from './budget.ts';
import { ExpressionError } from './mistake.ts';

const LONGEST_PATTERN = 2000;
const BIGGEST_PROGRAM = 3000;
/** Compiling the biggest pattern takes as long as some thousand steps. */
const COMPILE_STEPS = 5000;

/** A regular expression that matches in time linear in its text, whatever the pattern. */
export class Pattern {
  readonly #program: RE2JS;
  readonly #size: number;

  private constructor(program: RE2JS) {
    this.#program = program;
    this.#size = Math.max(1, program.programSize());
  }

  /** Throws ExpressionError for what cannot be read, or has no place in linear time. */
  static compile(source: string, flags: number): Pattern {
    if (source.length > LONGEST_PATTERN) {
      throw new ExpressionError(`a pattern has at most ${LONGEST_PATTERN} characters`);
    }
    const pattern = new Pattern(compiled(source, flags));
    if (pattern.#size > BIGGEST_PROGRAM) throw new ExpressionError('the pattern repeats too much');
    return pattern;
  }

  /** The same for a pattern that is made while an expression is evaluated. */
  static compileWithin(source: string, flags: number, budget: Budget): Pattern {
    budget.step(COMPILE_STEPS);
    return Pattern.compile(source, flags);
  }

  test(text: string, budget: Budget): boolean {
    budget.work(text.length * this.#size);
    return this.#program.test(text);
  }

  /** Index, text and groups of the first match. */
  find(text: string, budget: Budget): { index: number; groups: (string | null)[] } | undefined {
    if (!this.test(text, budget)) return undefined;
    const matcher = this.#program.matcher(text);
    if (!matcher.find()) return undefined;
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group));
    return { index: matcher.start(), groups };
  }

  /** The text between the matches. */
  split(text: string, budget: Budget): string[] {
    budget.work(text.length * this.#size);
    return this.#program.split(text, -1);
  }
}

/** Text that stands for itself in a pattern. */
export function literalPattern(text: string): string {
  return RE2JS.quote(text);
}

function compiled(source: string, flags: number): RE2JS {
  try {
    return RE2JS.compile(source, flags);
  } catch (thrown) {
    const why = errorText(thrown).replace(/^error parsing regexp: /, '');
    throw new ExpressionError(`the pattern cannot be read: ${why}`, { cause: thrown });
  }
}

/** `^` and `$` stand at each line, as in Ruby; `i` ignores case, `m` lets `.` be a line's end as well. */
export function rubyFlags(letters: string): number {
  return (
    RE2JS.MULTILINE |
    (letters.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) |
    (letters.includes('m') ? RE2JS.DOTALL : 0)
  );
}
