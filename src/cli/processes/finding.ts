import { type ConfigProblem, describeProblems, type Settings } from '../../config/index.ts';

/** The check under which what is wrong with the configuration is reported, as an event of the local client. */
export const CONFIGURATION_CHECK = 'tocsin_configuration';
/** Mistakes that its output tells; the log has all of them. */
const MOST_TOLD = 20;

/** How a configuration was found: 0 fine, 1 taken up without some checks, 2 refused. */
export interface Finding {
  status: 0 | 1 | 2;
  output: string;
}

/** What came of reading a configuration. */
type Loaded =
  | { settings: Pick<Settings, 'skippedChecks'> }
  | { settings?: undefined; problems: readonly ConfigProblem[] };

/** What a person has to know of a configuration that was read. */
export function findingOf(loaded: Loaded): Finding {
  if (!loaded.settings) {
    const title = `${counted(loaded.problems.length, 'mistake')}; the configuration before stays in force`;
    return { status: 2, output: outputOf(title, loaded.problems) };
  }
  const { skippedChecks } = loaded.settings;
  if (skippedChecks.size === 0) return { status: 0, output: 'the configuration is valid\n' };
  const title = `${counted(skippedChecks.size, 'check')} left out: ${[...skippedChecks.keys()].join(', ')}`;
  return { status: 1, output: outputOf(title.slice(0, 1000), [...skippedChecks.values()].flat()) };
}

function outputOf(title: string, problems: readonly ConfigProblem[]): string {
  const more = problems.length > MOST_TOLD ? `\n\n… and ${problems.length - MOST_TOLD} more` : '';
  return `${title}\n\n${describeProblems(problems.slice(0, MOST_TOLD))}${more}\n`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
