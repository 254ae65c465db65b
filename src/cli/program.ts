import { Command, CommanderError } from 'commander';
import { errorText, TocsinError } from '../runtime/errors.ts';
import type { AskOptions } from './commands/ask.ts';
import type { ConfigOptions } from './commands/config.ts';
import type { EventsOptions } from './commands/events.ts';
import type { HandlerTestOptions } from './commands/handler-test.ts';
import type { ConfigurationOptions } from './configuration.ts';
import { EXIT, exitCodeOf } from './exit.ts';
import { addOperatorCommands } from './operate/index.ts';
import { portNumber } from './port-number.ts';
import { addProcessCommands } from './process-commands.ts';
import { processTerminal } from './terminal.ts';
import { version } from './version.ts';

/** Runs one command line; resolves with the exit code when the command has ended. */
export async function run(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const program = build((result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof TocsinError && error.kind !== 'bug') {
    process.stderr.write(`tocsin: ${error.message}\n`);
    return exitCodeOf(error.kind);
  }
  process.stderr.write(
    `tocsin: this is a defect of Tocsin, please report it\n${(error as Error)?.stack ?? errorText(error)}\n`,
  );
  return EXIT.failed;
}

/** @param ended is told the exit code of the command that ran */
function build(ended: (code: number) => void): Command {
  const program = new Command('tocsin')
    .description('Monitoring for elastic infrastructure.')
    .version(version, '-V, --version')
    .helpCommand('help [command]', 'show help for a command')
    .showHelpAfterError('(add --help for the flags and examples)')
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  addProcessCommands(program, asking, ended);
  addLists(program, ended);
  addCheck(program, ended);
  addHandler(program, ended);
  addOperatorCommands(program, { asking, reaching }, ended);
  addConfig(program, ended);
  return program;
}

function reaching(command: Command): Command {
  return command
    .option('--url <address>', 'address of the API (or TOCSIN_URL)')
    .option('--port <number>', 'port of the API on this machine', portNumber)
    .option('--token-file <file>', 'file with the token to be let in by (or TOCSIN_API_TOKEN)');
}

function asking(command: Command): Command {
  return reaching(command).option('--json', 'JSON for scripts: an array, or one document for one thing');
}

function watching(command: Command): Command {
  return command.option('--watch', 'go on showing changes until Ctrl-C');
}

function addLists(program: Command, ended: (code: number) => void): void {
  const events = program.command('events');
  watching(asking(events))
    .argument('[client[/check]]', 'only this client, or all about this one check')
    .description('open problems; for one check: its output, what changed when, who was told or why not')
    .option('--exit-status', 'exit with 1 when there is an open problem')
    .addHelpText(
      'after',
      '\nExamples:\n  tocsin events\n  tocsin events --watch\n  tocsin events web-1/disk\n  tocsin events --json | jq length\n\nExit codes: 0 fine (1 for an open problem with --exit-status), 3 no such client or check, 4 no server.\n',
    )
    .action(async (name: string | undefined, options: EventsOptions) => {
      const { events } = await import('./commands/events.ts');
      ended(await events(name, options, processTerminal()));
    });
  for (const [name, description, argument] of LISTS) {
    const command = asking(program.command(name));
    // What the server schedules changes only with its configuration.
    if (name !== 'checks') watching(command);
    if (argument) command.argument(`[${argument}]`, 'only this one');
    command
      .description(description)
      .addHelpText('after', `\nExamples:\n  tocsin ${name}\n  tocsin ${name} --json\n`)
      .action(async (...args: unknown[]) => {
        const { lists } = await import('./commands/lists.ts');
        const only = argument ? (args[0] as string | undefined) : undefined;
        ended(await lists[name](only, args[argument ? 1 : 0] as AskOptions, processTerminal()));
      });
  }
}

const LISTS = [
  ['clients', 'clients, and when each was last heard', 'client'],
  ['checks', 'the checks that are configured, and those that are left out for mistakes', undefined],
  ['results', 'the last result of every check', 'client[/check]'],
] as const;

function configured(command: Command): Command {
  return command
    .option('-c, --config <file>', 'JSON configuration file')
    .option('-d, --config-dir <folder...>', 'folders of JSON configuration files, read after the file');
}

/**
 * A configured command that works on one thing. Its name may stand behind the folders of `-d` as well, which take every
 * word that follows: `named` gives it back.
 */
function configuredFor(argument: string, meaning: string, command: Command): Command {
  return configured(command).argument(`[${argument}]`, meaning).usage(`[options] <${argument}>`);
}

function named<Options extends ConfigurationOptions>(
  given: string | undefined,
  options: Options,
  command: Command,
): [name: string, options: Options] {
  if (given !== undefined) return [given, options];
  const folders = options.configDir ?? [];
  const last = folders.at(-1);
  const [argument] = command.registeredArguments;
  if (folders.length < 2 || last === undefined)
    return command.error(`error: missing required argument '${argument?.name()}'`, { exitCode: EXIT.usage });
  return [last, { ...options, configDir: folders.slice(0, -1) }];
}

function addCheck(program: Command, ended: (code: number) => void): void {
  const check = program
    .command('check')
    .description('work with one check')
    .addHelpText('after', '\nExamples:\n  tocsin check run disk -d /etc/sensu/conf.d\n');
  configuredFor('name', 'the check', check.command('run'))
    .description('run a check now, on this machine, and say what each handler would make of it')
    .option('--json', 'JSON for scripts')
    .addHelpText(
      'after',
      '\nExamples:\n  tocsin check run disk -d /etc/sensu/conf.d\n\nNothing is sent or stored. The exit code is the status of the check.\n',
    )
    .action(async (name: string | undefined, options: ConfigOptions, command: Command) => {
      const { checkRun } = await import('./commands/check-run.ts');
      ended(await checkRun(...named(name, options, command), processTerminal()));
    });
}

function addHandler(program: Command, ended: (code: number) => void): void {
  const handler = program
    .command('handler')
    .description('work with one handler')
    .addHelpText('after', '\nExamples:\n  tocsin handler test mail -d /etc/sensu/conf.d\n');
  configuredFor('name', 'the handler', handler.command('test'))
    .description('send a sample event to a handler, past its filters, through its mutator')
    .option('--status <number>', 'status of the sample event', '2')
    .option('--json', 'JSON for scripts')
    .addHelpText('after', '\nExamples:\n  tocsin handler test mail -d /etc/sensu/conf.d\n')
    .action(async (name: string | undefined, options: HandlerTestOptions, command: Command) => {
      const { handlerTest } = await import('./commands/handler-test.ts');
      ended(await handlerTest(...named(name, options, command), processTerminal()));
    });
}

function addConfig(program: Command, ended: (code: number) => void): void {
  const config = program
    .command('config')
    .description('look at the configuration')
    .addHelpText('after', '\nExamples:\n  tocsin config check -d /etc/sensu/conf.d\n');
  const described = (command: Command, description: string, example: string): Command =>
    command.description(description).addHelpText('after', `\nExamples:\n  tocsin config ${example}\n`);
  const add = (name: string, description: string, example: string): Command =>
    described(configured(config.command(name)), description, example);
  add('check', 'say what is wrong with it; exit code 2 if anything is', 'check -d /etc/sensu/conf.d')
    .option('--json', 'JSON for scripts')
    .action(async (options: ConfigOptions) => {
      const { configCheck } = await import('./commands/config.ts');
      ended(await configCheck(options, processTerminal()));
    });
  add('print', 'the merged configuration as JSON, without secrets', 'print -d /etc/sensu/conf.d').action(
    async (options: ConfigOptions) => {
      const { configPrint } = await import('./commands/config.ts');
      ended(await configPrint(options, processTerminal()));
    },
  );
  const path = 'like checks.disk.interval or checks["disk root"].handlers[0]';
  described(
    configuredFor('path', path, config.command('explain')),
    'where a value comes from, and what it means',
    'explain checks.disk.interval -d /etc/sensu/conf.d',
  )
    .option('--json', 'JSON for scripts')
    .action(async (path: string | undefined, options: ConfigOptions, command: Command) => {
      const { configExplain } = await import('./commands/config.ts');
      ended(await configExplain(...named(path, options, command), processTerminal()));
    });
  config
    .command('schema')
    .description('the JSON Schema of configuration files, for editors')
    .addHelpText('after', '\nExamples:\n  tocsin config schema > tocsin.schema.json\n')
    .action(async () => {
      const { configSchema } = await import('./commands/config.ts');
      ended(await configSchema(processTerminal()));
    });
}

const EXAMPLES = `
Examples:
  tocsin up -d examples/quickstart     monitor this machine
  tocsin join                          the line that brings another machine to it
  tocsin events                        what is wrong now
  tocsin events web-1/disk             what happened there, who was told, why nobody was

Exit codes: 0 fine, 1 failed, 2 wrong command line or configuration, 3 not found, 4 cannot be reached.
`;
