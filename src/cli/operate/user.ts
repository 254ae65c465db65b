import { TocsinError } from '../../runtime/errors.ts';
import { type AskOptions, apiOf, jsonText } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';
import { moment, safeText, type Terminal } from '../text.ts';
import { readNewSecret } from './secret-input.ts';

export interface UserOptions extends AskOptions {
  role?: string;
  dryRun?: boolean;
}

interface ListedUser {
  name: string;
  role: string;
  created_at: number;
  created_by: string | null;
}

const PATH = '/api/v1/users';

/** `tocsin user list` */
export async function listUsers(options: AskOptions, terminal: Terminal): Promise<number> {
  const { items = [] } = (await apiOf(options).get<{ items: ListedUser[] }>(PATH)) ?? {};
  const rows = items.map(({ name, role, created_at, created_by }) => [
    safeText(name),
    role,
    moment(created_at),
    safeText(created_by ?? ''),
  ]);
  if (options.json) terminal.write(jsonText(items));
  else if (rows.length === 0) terminal.write('There are no users beside the one of "api.user".\n');
  else terminal.write(table(terminal, ['USER', 'ROLE', 'SINCE', 'MADE BY'], rows));
  return EXIT.ok;
}

/** `tocsin user add`: reads the password from standard input or a prompt. */
export async function addUser(name: string, options: UserOptions, terminal: Terminal): Promise<number> {
  const { role = 'operate' } = options;
  if (options.dryRun) {
    terminal.write(`Would make the user ${name} with the role ${role}.\n`);
    return EXIT.ok;
  }
  const password = await readNewSecret();
  await apiOf(options).send('POST', PATH, { name, role, password });
  terminal.write(`Made the user ${name} with the role ${role}.\n`);
  return EXIT.ok;
}

/** `tocsin user password`: as for a new one. */
export async function changePassword(
  name: string,
  options: UserOptions,
  terminal: Terminal,
): Promise<number> {
  await changeUser(name, options, async () => ({ password: await readNewSecret() }));
  terminal.write(`${options.dryRun ? 'Would change' : 'Changed'} the password of ${name}.\n`);
  return EXIT.ok;
}

/** `tocsin user role` */
export async function changeRole(
  name: string,
  role: string,
  options: UserOptions,
  terminal: Terminal,
): Promise<number> {
  await changeUser(name, options, async () => ({ role }));
  terminal.write(`${options.dryRun ? 'Would give' : 'Gave'} ${name} the role ${role}.\n`);
  return EXIT.ok;
}

/** `tocsin user remove` */
export async function removeUser(name: string, options: UserOptions, terminal: Terminal): Promise<number> {
  await demandUser(name, options);
  if (!options.dryRun) await apiOf(options).send('DELETE', `${PATH}/${encodeURIComponent(name)}`);
  terminal.write(`${options.dryRun ? 'Would remove' : 'Removed'} the user ${name}.\n`);
  return EXIT.ok;
}

async function changeUser(name: string, options: UserOptions, change: () => Promise<object>): Promise<void> {
  await demandUser(name, options);
  if (options.dryRun) return;
  await apiOf(options).send('POST', `${PATH}/${encodeURIComponent(name)}`, await change());
}

/** Before a password is asked for. */
async function demandUser(name: string, options: AskOptions): Promise<void> {
  const { items = [] } = (await apiOf(options).get<{ items: ListedUser[] }>(PATH)) ?? {};
  if (!items.some((user) => user.name === name))
    throw new TocsinError('NOT_FOUND', `There is no user ${name}.`);
}
