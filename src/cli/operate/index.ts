/**
 * Commands with which operators act on a running Tocsin. In: the words of a command line. Out: what was done, in
 * sentences, and an exit code. Each asks the API, as anybody's program could, and remembers nothing. Whatever changes
 * something has `--dry-run`, which tells what would be hit. `silence` and its kind are loaded when they are called.
 */
import { Argument, type Command } from 'commander';
import type { AskOptions } from '../commands/ask.ts';
import type { BackupOptions, RestoreOptions } from '../commands/backup.ts';
import { processTerminal } from '../terminal.ts';
import { addAccessCommands } from './access-commands.ts';
import type { ActionOptions } from './action.ts';
import { addDead } from './dead-command.ts';
import type { Ended, Flags } from './flags.ts';
import type { ForgetOptions } from './forget.ts';
import type { RequestOptions } from './request.ts';
import { completionScript, SHELLS, type Shell } from './shells.ts';
import type { SilenceOptions } from './silence.ts';

export type { Ended, Flags } from './flags.ts';

const DRY_RUN = ['--dry-run', 'tell what would be hit, and do nothing'] as const;
const REASON = ['--reason <text>', 'why, for the records'] as const;

/** Adds all of them. */
export function addOperatorCommands(program: Command, flags: Flags, ended: Ended): void {
  addStatus(program, flags, ended);
  addResolve(program, flags, ended);
  addForget(program, flags, ended);
  addSilence(program, flags, ended);
  addRequest(program, flags, ended);
  addStash(program, flags, ended);
  addAggregate(program, flags, ended);
  addSearch(program, flags, ended);
  flags
    .asking(program.command('removals'))
    .description('clients and results that were forgotten, and why')
    .action(async (options: AskOptions) => {
      const { removals } = await import('./removals.ts');
      ended(await removals(options, processTerminal()));
    });
  addBackup(program, flags, ended);
  addAccessCommands(program, flags, ended);
  addDead(program, flags, ended);
  addCompletion(program, ended);
}

function addBackup(program: Command, { reaching }: Flags, ended: Ended): void {
  reaching(program.command('backup'))
    .argument('<file>', 'where the copy is put')
    .description('copy everything that is stored to one file, while the server goes on')
    .option('--data <folder>', 'copy from the data folder of a server that does not run')
    .option('--force', 'replace the file when it exists')
    .addHelpText(
      'after',
      '\nExamples:\n  tocsin backup /var/backups/tocsin.sqlite --force\n  tocsin backup copy.sqlite --data /var/lib/tocsin\n',
    )
    .action(async (file: string, options: BackupOptions) => {
      const { backup } = await import('../commands/backup.ts');
      ended(await backup(file, options, processTerminal()));
    });
  program
    .command('restore')
    .argument('<file>', 'a copy that "tocsin backup" made')
    .description('put a backup in the place of what a server that does not run has stored')
    .requiredOption('--data <folder>', 'the data folder of the server')
    .addHelpText('after', '\nExamples:\n  tocsin restore /var/backups/tocsin.sqlite --data /var/lib/tocsin\n')
    .action(async (file: string, options: RestoreOptions) => {
      const { restore } = await import('../commands/backup.ts');
      ended(await restore(file, options, processTerminal()));
    });
}

function addStatus(program: Command, { asking }: Flags, ended: Ended): void {
  asking(program.command('status'))
    .description('how Tocsin itself is: canary, lag, outbox, dead letters, agents')
    .addHelpText(
      'after',
      '\nExamples:\n  tocsin status\n  tocsin status --json\n\nExit codes: 0 all is well, 1 blind or something past its threshold, 4 no server.\n',
    )
    .action(async (options: AskOptions) => {
      const { status } = await import('./status.ts');
      ended(await status(options, processTerminal()));
    });
}

function addResolve(program: Command, { reaching }: Flags, ended: Ended): void {
  reaching(program.command('resolve'))
    .argument('<client/check...>', 'events by name, or a query: status:warning check:disk*')
    .description('end events although their checks did not become OK')
    .option(...REASON)
    .option('--now', 'without the ten seconds in which Ctrl-C cancels')
    .option(...DRY_RUN)
    .addHelpText(
      'after',
      "\nExamples:\n  tocsin resolve web-1/disk\n  tocsin resolve 'check:disk* client.region:eu' --dry-run\n",
    )
    .action(async (words: string[], options: AskOptions & ActionOptions & { reason?: string }) => {
      const { resolve } = await import('./resolve.ts');
      ended(await resolve(words, options, processTerminal()));
    });
}

function addForget(program: Command, { reaching }: Flags, ended: Ended): void {
  reaching(program.command('forget'))
    .argument('<client...>', 'clients, results (web-1/disk), or a query over clients')
    .description('remove clients with all that is known of them, or single results; open events are resolved')
    .option('--results', 'the query is over results')
    .option(...REASON)
    .option('--now', 'without the ten seconds in which Ctrl-C cancels')
    .option(...DRY_RUN)
    .addHelpText(
      'after',
      "\nExamples:\n  tocsin forget web-1\n  tocsin forget web-1/old_check\n  tocsin forget 'keepalive:>7d client.region:eu' --dry-run\n",
    )
    .action(async (words: string[], options: ForgetOptions) => {
      const { forget } = await import('./forget.ts');
      ended(await forget(words, options, processTerminal()));
    });
}

function addSilence(program: Command, { asking, reaching }: Flags, ended: Ended): void {
  const silence = program
    .command('silence')
    .description('keep events from being told')
    .addHelpText(
      'after',
      '\nExamples:\n  tocsin silence add --client web-1 --for 2h --reason "new disk"\n  tocsin silence list\n',
    );
  reaching(silence.command('add'))
    .description('silence a client, a subscription, a check, or a check of one of them')
    .option('--client <client>', 'events of this client')
    .option('--subscription <name>', 'events of all clients with this subscription')
    .option('--check <check>', 'events of this check')
    .option('--for <time>', 'ends by itself after 15m, 2h, 1d …')
    .option('--in <time>', 'begins in 15m, 2h, 1d …')
    .option('--until-resolved', 'ends with the event that it hides')
    .option(...REASON)
    .option(...DRY_RUN)
    .addHelpText(
      'after',
      '\nExamples:\n  tocsin silence add --client web-1 --check disk --until-resolved\n  tocsin silence add --subscription webservers --for 30m --reason release\n',
    )
    .action(async (options: SilenceOptions) => {
      const { addSilence } = await import('./silence.ts');
      ended(await addSilence(options, processTerminal()));
    });
  asking(silence.command('list', { isDefault: true }))
    .description('all silences: by whom, why, until when')
    .action(async (options: AskOptions) => {
      const { listSilences } = await import('./silence.ts');
      ended(await listSilences(options, processTerminal()));
    });
  reaching(silence.command('clear'))
    .argument('<id...>', 'ids as the list shows them')
    .description('end silences')
    .option(...DRY_RUN)
    .action(async (ids: string[], options: AskOptions & { dryRun?: boolean }) => {
      const { clearSilences } = await import('./silence.ts');
      ended(await clearSilences(ids, options, processTerminal()));
    });
}

function addRequest(program: Command, { reaching }: Flags, ended: Ended): void {
  reaching(program.command('request'))
    .argument('<check>', 'a configured check')
    .description('have agents run a check now')
    .option('--subscription <name...>', 'ask these subscriptions, not those of the check')
    .option('--client <client...>', 'ask these clients')
    .option(...REASON)
    .option(...DRY_RUN)
    .addHelpText('after', '\nExamples:\n  tocsin request disk\n  tocsin request disk --client web-1\n')
    .action(async (check: string, options: RequestOptions) => {
      const { request } = await import('./request.ts');
      ended(await request(check, options, processTerminal()));
    });
}

function addStash(program: Command, { asking, reaching }: Flags, ended: Ended): void {
  const stash = program
    .command('stash')
    .description('small documents that people and plugins keep with the server')
    .addHelpText('after', '\nExamples:\n  tocsin stash set owner/web-1 \'{"team":"web"}\' --for 7d\n');
  asking(stash.command('list', { isDefault: true }))
    .description('all of them')
    .action(async (options: AskOptions) => {
      const { listStashes } = await import('./stash.ts');
      ended(await listStashes(options, processTerminal()));
    });
  asking(stash.command('show').argument('<path>'))
    .description('one of them')
    .action(async (path: string, options: AskOptions) => {
      const { showStash } = await import('./stash.ts');
      ended(await showStash(path, options, processTerminal()));
    });
  reaching(stash.command('set').argument('<path>').argument('<json>', 'an object; - reads standard input'))
    .description('keep a document under a path')
    .option('--for <time>', 'ends by itself after 15m, 2h, 1d …')
    .option(...DRY_RUN)
    .action(async (path: string, json: string, options: AskOptions & { for?: string; dryRun?: boolean }) => {
      const { setStash } = await import('./stash.ts');
      ended(await setStash(path, json, options, processTerminal()));
    });
  reaching(stash.command('delete').argument('<path>'))
    .description('forget one of them')
    .option(...DRY_RUN)
    .action(async (path: string, options: AskOptions & { dryRun?: boolean }) => {
      const { deleteStash } = await import('./stash.ts');
      ended(await deleteStash(path, options, processTerminal()));
    });
}

function addAggregate(program: Command, { asking }: Flags, ended: Ended): void {
  const aggregate = program
    .command('aggregate')
    .description('many results as one')
    .addHelpText('after', '\nExamples:\n  tocsin aggregate\n  tocsin aggregate show webservers\n');
  asking(aggregate.command('list', { isDefault: true }))
    .description('all of them, with how many results are OK, warning, critical and unknown')
    .action(async (options: AskOptions) => {
      const { listAggregates } = await import('./aggregate.ts');
      ended(await listAggregates(options, processTerminal()));
    });
  asking(aggregate.command('show').argument('<aggregate>'))
    .description('what the results of one say, and which clients say it')
    .action(async (name: string, options: AskOptions) => {
      const { showAggregate } = await import('./aggregate.ts');
      ended(await showAggregate(name, options, processTerminal()));
    });
}

function addSearch(program: Command, { asking }: Flags, ended: Ended): void {
  asking(program.command('search'))
    .addArgument(new Argument('<subject>', 'what to look among').choices(['events', 'results', 'clients']))
    .argument('[query...]', 'status:critical check:disk* client.region:eu "connection refused"')
    .description('find events, results or clients')
    .option('--limit <number>', 'most that are shown', '50')
    .option('--sort <field>', 'by which field; -field for the other way round')
    .addHelpText(
      'after',
      "\nExamples:\n  tocsin search events status:critical -silenced:true\n  tocsin search clients 'subscription:web* -region:eu'\n",
    )
    .action(
      async (subject: string, query: string[], options: AskOptions & { limit?: string; sort?: string }) => {
        const { search } = await import('./search.ts');
        ended(await search(subject, query, options, processTerminal()));
      },
    );
}

function addCompletion(program: Command, ended: Ended): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .description('the script with which a shell completes words')
    .addHelpText(
      'after',
      '\nExamples:\n  source <(tocsin completion bash)\n  tocsin completion fish > ~/.config/fish/completions/tocsin.fish\n',
    )
    .action(async (shell: Shell) => {
      processTerminal().write(completionScript(shell));
      ended(0);
    });
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { completeLine } = await import('./completion.ts');
      processTerminal().write(await completeLine(program, words));
      ended(0);
    });
}
