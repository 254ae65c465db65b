import type { Command } from 'commander';
import type { AskOptions } from '../commands/ask.ts';
import { processTerminal } from '../terminal.ts';
import type { DeadOptions, DeadWish } from './dead.ts';
import type { Ended, Flags } from './flags.ts';

const HANDLER = ['--handler <handler>', 'those of this handler'] as const;

/** Adds `tocsin dead` and what stands below it. */
export function addDead(program: Command, { asking, reaching }: Flags, ended: Ended): void {
  const dead = program
    .command('dead')
    .description('deliveries that were given up after their last try')
    .addHelpText('after', '\nExamples:\n  tocsin dead\n  tocsin dead retry --handler mail\n');
  asking(dead.command('list', { isDefault: true }))
    .description('all of them, with how the last try failed')
    .option(...HANDLER)
    .action(async (options: DeadOptions) => {
      const { listDead } = await import('./dead.ts');
      ended(await listDead(options, processTerminal()));
    });
  asking(dead.command('show').argument('<delivery>', 'an id as the list shows it'))
    .description('one of them with its event, as JSON')
    .action(async (id: string, options: AskOptions) => {
      const { showDead } = await import('./dead.ts');
      ended(await showDead(id, options, processTerminal()));
    });
  choosing(reaching(dead.command('retry')))
    .description('send them again')
    .action(async (ids: string[], options: DeadWish) => {
      const { retryDead } = await import('./dead.ts');
      ended(await retryDead(ids, options, processTerminal()));
    });
  choosing(reaching(dead.command('drop')))
    .description('forget them; their records stay in the log of deliveries')
    .action(async (ids: string[], options: DeadWish) => {
      const { dropDead } = await import('./dead.ts');
      ended(await dropDead(ids, options, processTerminal()));
    });
}

function choosing(command: Command): Command {
  return command
    .argument('[delivery...]', 'ids as the list shows them')
    .option(...HANDLER)
    .option('--all', 'every one')
    .option('--dry-run', 'tell what would be hit, and do nothing');
}
