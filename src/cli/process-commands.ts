import type { Command } from 'commander';
import type { AgentOptions } from './agent.ts';
import type { JoinOptions } from './joining/join.ts';
import { portNumber } from './port-number.ts';
import { processTerminal } from './terminal.ts';
import type { ServerOptions, UpOptions } from './up.ts';

type Ended = (code: number) => void;

/**
 * Adds the commands that run Tocsin, and `join`, which brings another machine to one that runs.
 *
 * @param asking adds the flags of every command that asks a server
 */
export function addProcessCommands(
  program: Command,
  asking: (command: Command) => Command,
  ended: Ended,
): void {
  serving(program.command('up'))
    .description('monitor this machine and serve agents: server, agent and API in one process')
    .option('--quick-start', 'say what to try next')
    .addHelpText(
      'after',
      '\nExamples:\n  tocsin up -d /etc/sensu/conf.d\n  tocsin up -c config.json --data /var/lib/tocsin --port 8080\n',
    )
    .action(async (options: UpOptions) => {
      const { up } = await import('./up.ts');
      ended(await up(options, processTerminal()));
    });
  serving(program.command('server'))
    .description('serve agents on other machines: server and API, without an agent of its own')
    .option('--no-api', 'serve agents and /metrics alone')
    .addHelpText(
      'after',
      '\nExamples:\n  tocsin server -d /etc/sensu/conf.d --data /var/lib/tocsin\n  tocsin join                      bring another machine to it\n',
    )
    .action(async (options: ServerOptions & { api: boolean }) => {
      const { server } = await import('./up.ts');
      ended(await server(options, processTerminal()));
    });
  addAgent(program, ended);
  addJoin(program, asking, ended);
}

function serving(command: Command): Command {
  return staying(command, 'where state is kept', '.tocsin')
    .option('--port <number>', 'port of the API and of agents, 0 for any free one', portNumber)
    .option('--no-live', 'print lines instead of a live list')
    .option(
      '--sensu-compatible',
      'let everybody who reaches the port in, as Sensu does; an event warns of it',
    );
}

/** The flags of a process that goes on. */
function staying(command: Command, data: string, folder: string): Command {
  return command
    .option('-c, --config <file>', 'JSON configuration file')
    .option('-d, --config-dir <folder...>', 'folders of JSON configuration files, read after the file')
    .option('--data <folder>', data, folder)
    .option('--log <file>', 'append the log to this file')
    .option('--log-level <level>', 'debug, info, warn, error or fatal')
    .option('--pid-file <file>', 'write the number of the process to this file');
}

function addAgent(program: Command, ended: Ended): void {
  staying(program.command('agent'), 'where results wait, and by what it joined', '.tocsin-agent')
    .description('monitor this machine for a server elsewhere')
    .addHelpText(
      'after',
      '\nExamples:\n  tocsin agent --data /var/lib/tocsin-agent -d /etc/sensu/conf.d\n  TOCSIN_JOIN=eyJ… tocsin agent         the first time: the line that "tocsin join" printed\n',
    )
    .action(async (options: AgentOptions) => {
      const { agent } = await import('./agent.ts');
      ended(await agent(options, processTerminal()));
    });
}

function addJoin(program: Command, asking: (command: Command) => Command, ended: Ended): void {
  asking(program.command('join'))
    .description('print the line that makes another machine an agent of this server')
    .option('--client <name...>', 'only for clients of these names, like web-1 or web-*')
    .option('--source <name...>', 'it may report for these other names, too')
    .option(
      '--uses <number>',
      'how many machines may use it, or "any" number of those that --client names',
      '1',
    )
    .option('--expires <time>', 'until when it may be used first, like 2h, or never; 1d unless --uses any')
    .option('--address <name:port...>', 'where agents find the server, if not where this command does')
    .option('--data <folder>', 'data folder of the agent', '/var/lib/tocsin-agent')
    .addHelpText(
      'after',
      '\nExamples:\n  tocsin join\n  tocsin join --client \'web-*\' --uses any --address monitoring:4567\n  ssh root@web-1 "$(tocsin join --client web-1)"\n',
    )
    .action(async (options: JoinOptions) => {
      const { join } = await import('./joining/join.ts');
      ended(await join(options, processTerminal()));
    });
}
