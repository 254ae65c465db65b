import { type Mistake, parseExpression, planAttributes } from '../expression/index.ts';
import { isAttributes, quoted, type Step, valueAt } from '../model/attributes.ts';
import { parseCron } from '../model/cron.ts';
import { problemAt, problemsOf } from '../model/problems.ts';
import { planWindows, type TimeWindows, TimeWindowsSchema } from '../model/windows.ts';
import type { Findings } from './problem.ts';

/** Texts with a grammar of their own: each is read once here, so that what cannot be read is told where it stands. */

const LONGEST_SHOWN = 40;

/** `cron` of a check. */
export function judgeCron(findings: Findings, at: readonly Step[], text: unknown): void {
  if (typeof text !== 'string' || text === '') return;
  const parsed = parseCron(text);
  if ('problem' in parsed) {
    const problem = problemAt(at, 'a cron expression, like "*/5 8-17 * * mon-fri"', text, parsed.problem);
    findings.problems.push(problem);
  }
}

/** `subdue` of a check, `when` of a filter. What does not fit their schema has been told already. */
export function judgeWindows(findings: Findings, at: readonly Step[], windows: unknown): void {
  if (windows === undefined || problemsOf(TimeWindowsSchema, windows).length > 0) return;
  for (const { steps, expected } of planWindows(windows as TimeWindows).problems) {
    findings.problems.push(problemAt([...at, ...steps], expected, valueAt(windows, steps)));
  }
}

/** Attributes that an event or a client is compared with, with `eval:` inside. */
export function judgeEvaluations(findings: Findings, at: readonly Step[], attributes: unknown): void {
  if (!isAttributes(attributes)) return;
  for (const { steps, mistake } of planAttributes(attributes).mistakes) {
    tell(findings, [...at, ...steps], 'a condition that can be read', valueAt(attributes, steps), mistake);
  }
}

/** `expression` of a filter. */
export function judgeExpression(findings: Findings, at: readonly Step[], text: unknown): void {
  if (typeof text !== 'string' || text === '') return;
  const { mistake } = parseExpression(text);
  if (mistake) tell(findings, at, 'an expression that can be read', text, mistake);
}

/** Shows the text around the mistake, for it may be long. */
function tell(
  findings: Findings,
  at: readonly Step[],
  expected: string,
  value: unknown,
  { position, message, hint }: Mistake,
): void {
  const text = String(value);
  const from = Math.max(0, Math.min(position, text.length - 1) - LONGEST_SHOWN / 2);
  const shown = quoted(text.slice(from, from + LONGEST_SHOWN), LONGEST_SHOWN);
  const problem = problemAt(at, expected, value, hint);
  findings.problems.push({ ...problem, found: `${message}, at character ${position + 1}, in ${shown}` });
}
