import type { Step } from '../model/attributes.ts';
import type { Problem } from '../model/problems.ts';

/** A mistake in the configuration, with the place it was made. Only one in a check lets the others start. */
export interface ConfigProblem {
  /** Null when no file names the value: it is a built-in default, or missing altogether. */
  file: string | null;
  /** From 1; null when it concerns the whole file. */
  line: number | null;
  /** From 1; only for text that is no JSON. */
  column?: number | undefined;
  /** The environment variable that holds the value, when no file does. */
  variable?: string | undefined;
  /** `checks.disk.interval`; empty when it concerns the whole file. */
  path: string;
  expected: string;
  found: string;
  hint?: string | undefined;
}

/** Something that an operator should know before an alert is missed, though it stops nothing. */
export interface ConfigWarning {
  file: string | null;
  line: number | null;
  variable?: string | undefined;
  path: string;
  message: string;
  hint?: string | undefined;
}

/** A warning at a place in the merged document, before its file is known. */
export interface Caution {
  steps: readonly Step[];
  message: string;
  hint?: string | undefined;
}

/** What validation finds. */
export interface Findings {
  problems: Problem[];
  cautions: Caution[];
}

/** The problems as a terminal shows them: a block for each, in the order given. */
export function describeProblems(problems: readonly ConfigProblem[]): string {
  return problems
    .map((problem) =>
      [
        heading(problem),
        `  expected  ${problem.expected}`,
        `  found     ${problem.found}`,
        ...hintLine(problem.hint),
      ].join('\n'),
    )
    .join('\n\n');
}

/** The warnings as a terminal shows them: a block for each, in the order given. */
export function describeWarnings(warnings: readonly ConfigWarning[]): string {
  return warnings
    .map((warning) =>
      [heading(warning), `  warning   ${warning.message}`, ...hintLine(warning.hint)].join('\n'),
    )
    .join('\n\n');
}

function heading(place: ConfigProblem | ConfigWarning): string {
  const column = 'column' in place && place.column !== undefined ? `:${place.column}` : '';
  const line = place.line === null ? '' : `:${place.line}${column}`;
  const nowhere =
    place.variable === undefined ? 'built-in defaults' : `environment variable ${place.variable}`;
  const where = place.file === null ? nowhere : `${place.file}${line}`;
  return place.path === '' ? where : `${where}  ${place.path}`;
}

function hintLine(hint: string | undefined): string[] {
  return hint === undefined ? [] : [`  hint      ${hint}`];
}
