import {
  describeProblems,
  describeWarnings,
  type Explanation,
  explain,
  type LoadedSettings,
  schemaOf,
  secretsOf,
  shownDocument,
} from '../../config/index.ts';
import {
  type ConfigurationOptions,
  configSources,
  describeSkipped,
  loadConfiguration,
} from '../configuration.ts';
import { EXIT } from '../exit.ts';
import { counted } from '../operate/words.ts';
import { paint, safeText, type Terminal } from '../text.ts';
import { jsonText } from './ask.ts';

export type ConfigOptions = ConfigurationOptions & { json?: boolean };

/** `tocsin config check`: every mistake and warning. Resolves with 2 when there is a mistake, in a check too. */
export async function configCheck(options: ConfigOptions, terminal: Terminal): Promise<number> {
  const loaded = await loadConfiguration(options);
  const problems = mistakesIn(loaded);
  if (options.json) {
    const { warnings } = loaded;
    const skipped = [...(loaded.settings?.skippedChecks.keys() ?? [])];
    terminal.write(jsonText({ valid: problems.length === 0, problems, warnings, skipped_checks: skipped }));
  } else {
    terminal.write(describeCheck(loaded, terminal));
  }
  return problems.length === 0 ? EXIT.ok : EXIT.usage;
}

function mistakesIn(loaded: LoadedSettings) {
  return loaded.problems ?? [...loaded.settings.skippedChecks.values()].flat();
}

function describeCheck(loaded: LoadedSettings, terminal: Terminal): string {
  const blocks = [describeWarnings(loaded.warnings)];
  if (loaded.problems) {
    const { length } = loaded.problems;
    blocks.push(describeProblems(loaded.problems));
    blocks.push(`${paint(terminal, 'red', '✗')} ${counted(length, 'mistake')}: nothing would start`);
  } else {
    const { settings } = loaded;
    const { checks, skippedChecks } = settings;
    blocks.push(describeSkipped(settings));
    const { files } = loaded.read;
    const { handlers } = settings;
    const count = `${counted(files.length, 'file')}, ${counted(checks.size, 'check')}, ${counted(handlers.size, 'handler')}`;
    blocks.push(
      skippedChecks.size === 0
        ? `${paint(terminal, 'green', '✓')} the configuration is valid (${count})`
        : `${paint(terminal, 'red', '✗')} all but these checks would start (${count})`,
    );
    if (files.length === 0) blocks.push('No file was read: name a folder with -d, or a file with -c.');
  }
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** `tocsin config print`: the merged document without its secrets. Resolves with 2 when it is not valid. */
export async function configPrint(options: ConfigOptions, terminal: Terminal): Promise<number> {
  const loaded = await loadConfiguration(options);
  const { document } = loaded.read;
  const client = loaded.settings?.client ?? document.client;
  terminal.write(jsonText(shownDocument({ ...document, client }, secretsOf(document))));
  const problems = mistakesIn(loaded);
  if (problems.length === 0) return EXIT.ok;
  process.stderr.write(`${describeProblems(problems)}\n`);
  return EXIT.usage;
}

/** `tocsin config explain PATH`: where a value comes from and what it means. */
export async function configExplain(
  path: string,
  options: ConfigOptions,
  terminal: Terminal,
): Promise<number> {
  const loaded = await loadConfiguration(options);
  const { defaults } = configSources(options);
  const explanation = await explain(path, loaded.read, { defaults, plugins: loaded.plugins });
  terminal.write(options.json ? jsonText(explanation) : describe(explanation, terminal));
  return EXIT.ok;
}

type Place = Exclude<Explanation['from'], string>[number];

function describe({ path, value, from, overrode, meaning, type }: Explanation, terminal: Terminal): string {
  const lines = [
    `${paint(terminal, 'bold', safeText(path))} ${value === undefined ? 'is not set' : `= ${shown(value)}`}`,
  ];
  const places =
    typeof from === 'string' ? (from === 'default' ? ['a built-in default'] : []) : from.map(where);
  for (const [index, place] of places.entries())
    lines.push(`  ${(index === 0 ? 'from' : 'and').padEnd(10)}${place}`);
  for (const earlier of overrode) lines.push(`  overrode  ${where(earlier)}: ${shown(earlier.value)}`);
  if (meaning !== undefined) lines.push(`  meaning   ${meaning}`);
  if (type !== undefined) lines.push(`  takes     ${type}`);
  return `${lines.join('\n')}\n`;
}

function where({ file, line, variable }: Place): string {
  return variable === undefined ? safeText(`${file}:${line}`) : `environment variable ${variable}`;
}

const LONGEST_SHOWN = 2000;

function shown(value: unknown): string {
  const text = JSON.stringify(value, null, typeof value === 'object' ? 2 : 0) ?? 'nothing';
  return safeText(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text);
}

/** `tocsin config schema`: a JSON Schema for editors, with the options of our plugins. */
export async function configSchema(terminal: Terminal): Promise<number> {
  terminal.write(jsonText(await schemaOf(configSources({}).plugins)));
  return EXIT.ok;
}
