import { isAttributes, type Step } from '../model/attributes.ts';
import { type Match, matchAttributes } from '../model/match.ts';
import type { Attributes } from '../model/schema.ts';
import { errorText } from '../runtime/errors.ts';
import { ExpressionError, type Mistake } from './mistake.ts';
import { type Evaluation, parseEvaluation } from './ruby/index.ts';

const PREFIX = 'eval:';

/** Attributes wanted of documents, made ready once. */
export interface AttributesPlan {
  /**
   * Compares a document as `matchAttributes` does; a text that begins with `eval:` is evaluated where nothing else
   * made it match, with the whole document for its tokens. One that cannot be evaluated is no match, and `error` says
   * why.
   */
  match(document: unknown, clock: { now(): number }): Match & { error?: string | undefined };
}

/** What came of planning: `mistakes` has an entry for each `eval:` that cannot be read; those never match. */
export interface PlannedAttributes {
  plan: AttributesPlan;
  /** `steps` lead to the text within `wanted`; the mistake's position counts from its first letter, `eval:` included. */
  mistakes: { steps: Step[]; mistake: Mistake }[];
}

/** Reads every `eval:` of the attributes wanted. Attributes without one cost nothing more than before. */
export function planAttributes(wanted: Attributes): PlannedAttributes {
  const evaluations = new Map<string, Evaluation | Mistake>();
  const mistakes: PlannedAttributes['mistakes'] = [];
  readEvaluations(wanted, [], evaluations, mistakes);
  if (evaluations.size === 0)
    return { plan: { match: (document) => matchAttributes(wanted, document) }, mistakes };
  return { plan: { match: (document, clock) => matchWith(evaluations, wanted, document, clock) }, mistakes };
}

function readEvaluations(
  wanted: Attributes,
  at: readonly Step[],
  evaluations: Map<string, Evaluation | Mistake>,
  mistakes: PlannedAttributes['mistakes'],
): void {
  for (const [name, value] of Object.entries(wanted)) {
    const steps = [...at, name];
    if (isAttributes(value)) readEvaluations(value, steps, evaluations, mistakes);
    if (typeof value !== 'string' || !value.startsWith(PREFIX)) continue;
    const { value: evaluation, mistake } = parseEvaluation(value.slice(PREFIX.length));
    evaluations.set(value, evaluation ?? mistake);
    if (mistake === undefined) continue;
    mistakes.push({ steps, mistake: { ...mistake, position: mistake.position + PREFIX.length } });
  }
}

function matchWith(
  evaluations: ReadonlyMap<string, Evaluation | Mistake>,
  wanted: Attributes,
  document: unknown,
  clock: { now(): number },
): Match & { error?: string | undefined } {
  let error: string | undefined;
  const match = matchAttributes(wanted, document, (text, seen) => {
    const evaluation = evaluations.get(text);
    if (evaluation === undefined) return false;
    try {
      if ('message' in evaluation) throw new ExpressionError(evaluation.message);
      return evaluation.matches(seen, document, clock);
    } catch (thrown) {
      error = errorText(thrown);
      return false;
    }
  });
  return error === undefined ? match : { ...match, error };
}
