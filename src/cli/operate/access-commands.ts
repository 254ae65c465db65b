import { Argument, type Command, Option } from 'commander';
import { ROLES } from '../../model/access.ts';
import type { AskOptions } from '../commands/ask.ts';
import { processTerminal } from '../terminal.ts';
import type { AuditOptions } from './audit.ts';
import type { Ended, Flags } from './flags.ts';
import type { TokenOptions } from './token.ts';
import type { UserOptions } from './user.ts';

const DRY_RUN = ['--dry-run', 'tell what would be done, and do nothing'] as const;

/** Adds the commands for users, tokens, and the record of who did what. */
export function addAccessCommands(program: Command, flags: Flags, ended: Ended): void {
  addUsers(program, flags, ended);
  addTokens(program, flags, ended);
  flags
    .asking(program.command('audit'))
    .description('who changed what and when, and who was refused')
    .option('--limit <number>', 'most that are shown', '50')
    .addHelpText('after', '\nExamples:\n  tocsin audit\n  tocsin audit --limit 1000 --json\n')
    .action(async (options: AuditOptions) => {
      const { audit } = await import('./audit.ts');
      ended(await audit(options, processTerminal()));
    });
}

function addUsers(program: Command, { asking, reaching }: Flags, ended: Ended): void {
  const user = program
    .command('user')
    .description('who may use the API with a name and a password')
    .addHelpText(
      'after',
      '\nExamples:\n  tocsin user add ann --role admin\n  pass show tocsin/bob | tocsin user add bob --role operate\n',
    );
  asking(user.command('list', { isDefault: true }))
    .description('all of them, with their roles')
    .action(async (options: AskOptions) => {
      const { listUsers } = await import('./user.ts');
      ended(await listUsers(options, processTerminal()));
    });
  reaching(user.command('add').argument('<name>', 'letters, digits, "_", "." and "-"'))
    .description('make one; the password comes from standard input or is asked for')
    .addOption(role('operate'))
    .option(...DRY_RUN)
    .action(async (name: string, options: UserOptions) => {
      const { addUser } = await import('./user.ts');
      ended(await addUser(name, options, processTerminal()));
    });
  reaching(user.command('password').argument('<user>'))
    .description('give one another password; it comes from standard input or is asked for')
    .option(...DRY_RUN)
    .action(async (name: string, options: UserOptions) => {
      const { changePassword } = await import('./user.ts');
      ended(await changePassword(name, options, processTerminal()));
    });
  reaching(user.command('role').argument('<user>').addArgument(new Argument('<role>').choices(ROLES)))
    .description('give one another role')
    .option(...DRY_RUN)
    .action(async (name: string, role: string, options: UserOptions) => {
      const { changeRole } = await import('./user.ts');
      ended(await changeRole(name, role, options, processTerminal()));
    });
  reaching(user.command('remove').argument('<user>'))
    .description('remove one')
    .option(...DRY_RUN)
    .action(async (name: string, options: UserOptions) => {
      const { removeUser } = await import('./user.ts');
      ended(await removeUser(name, options, processTerminal()));
    });
}

function addTokens(program: Command, { asking, reaching }: Flags, ended: Ended): void {
  const token = program
    .command('token')
    .description('secrets with which programs use the API, and agents connect (see "tocsin join")')
    .addHelpText(
      'after',
      '\nExamples:\n  tocsin token add prometheus --role read > /etc/prometheus/tocsin.token\n  tocsin token revoke 3f0c9a1b2d4e\n',
    );
  asking(token.command('list', { isDefault: true }))
    .description('all of them, without their secrets')
    .option('--all', 'those that were revoked as well')
    .action(async (options: TokenOptions) => {
      const { listTokens } = await import('./token.ts');
      ended(await listTokens(options, processTerminal()));
    });
  asking(token.command('add').argument('<name>', 'what it is for'))
    .description('make one for a program; its secret is printed once')
    .addOption(role('read'))
    .option('--expires <time>', 'counts no more after 12h, 30d …')
    .option(...DRY_RUN)
    .action(async (name: string, options: TokenOptions) => {
      const { addToken } = await import('./token.ts');
      ended(await addToken(name, options, processTerminal()));
    });
  reaching(token.command('revoke').argument('<token...>', 'ids as the list shows them'))
    .description('take tokens back, for good; agents that use them are cut off')
    .option(...DRY_RUN)
    .action(async (ids: string[], options: TokenOptions) => {
      const { revokeTokens } = await import('./token.ts');
      ended(await revokeTokens(ids, options, processTerminal()));
    });
}

function role(usual: string): Option {
  return new Option('--role <role>', 'what it may do').choices(ROLES).default(usual);
}
