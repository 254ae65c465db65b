import { TocsinError } from '../../runtime/errors.ts';
import { type AskOptions, apiOf, jsonText } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';
import { moment, safeText, type Terminal } from '../text.ts';
import { secondsOf } from './words.ts';

export interface TokenOptions extends AskOptions {
  role?: string;
  expires?: string;
  dryRun?: boolean;
  /** Those that count no more as well. */
  all?: boolean;
}

interface ListedToken {
  id: string;
  kind: 'api' | 'agent';
  name: string;
  role?: string;
  clients?: readonly string[];
  sources?: readonly string[];
  uses?: number | null;
  used_by?: readonly string[];
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
}

const PATH = '/api/v1/tokens';

/** `tocsin token list` */
export async function listTokens(options: TokenOptions, terminal: Terminal): Promise<number> {
  const items = (await tokensOf(options)).filter((token) => options.all || token.revoked_at === null);
  const rows = items.map((token) => [
    token.id,
    safeText(token.name),
    safeText(mayDo(token)),
    standing(token),
    token.last_used_at === null ? 'never' : moment(token.last_used_at),
  ]);
  if (options.json) terminal.write(jsonText(items));
  else if (rows.length === 0) terminal.write('There are no tokens.\n');
  else terminal.write(table(terminal, ['TOKEN', 'NAME', 'FOR', 'COUNTS', 'LAST USED'], rows));
  return EXIT.ok;
}

/** `tocsin token add`: the secret stands alone on standard output, so that a script can keep it. */
export async function addToken(name: string, options: TokenOptions, terminal: Terminal): Promise<number> {
  const { role = 'read', expires } = options;
  const lasting = expires === undefined ? {} : { expires_seconds: secondsOf(expires, '--expires') };
  if (options.dryRun) {
    terminal.write(`Would make the token ${name} with the role ${role}.\n`);
    return EXIT.ok;
  }
  const made = await apiOf(options).send<ListedToken & { token: string }>('POST', PATH, {
    ...{ name, role },
    ...lasting,
  });
  if (!made) throw new TocsinError('SERVER_REFUSED', 'the server made no token');
  terminal.write(options.json ? jsonText(made) : `${made.token}\n`);
  process.stderr.write(`Made the token ${made.id} with the role ${role}. Its secret is shown this once.\n`);
  return EXIT.ok;
}

/** `tocsin token revoke`: for tokens of programs and of agents. */
export async function revokeTokens(
  ids: readonly string[],
  options: TokenOptions,
  terminal: Terminal,
): Promise<number> {
  const known = new Map((await tokensOf(options)).map((token) => [token.id, token]));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0) throw new TocsinError('NOT_FOUND', `There is no token ${missing.join(', ')}.`);
  for (const id of ids) {
    if (!options.dryRun) await apiOf(options).send('DELETE', `${PATH}/${id}`);
    const name = safeText(known.get(id)?.name ?? '');
    terminal.write(`${options.dryRun ? 'Would revoke' : 'Revoked'} the token ${id} (${name}).\n`);
  }
  return EXIT.ok;
}

async function tokensOf(options: AskOptions): Promise<ListedToken[]> {
  return (await apiOf(options).get<{ items: ListedToken[] }>(PATH))?.items ?? [];
}

/** `role operate`, `agents web-*, reporting for switch-*` */
function mayDo({ kind, role, clients = [], sources = [], used_by: usedBy = [] }: ListedToken): string {
  if (kind === 'api') return `role ${role}`;
  const names = usedBy.length > 0 ? usedBy : clients.length > 0 ? clients : ['not used yet'];
  const reporting = sources.length > 0 ? `, reporting for ${sources.join(', ')}` : '';
  return `agents: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}${reporting}`;
}

function standing({ revoked_at: revoked, expires_at: expires, kind, uses }: ListedToken): string {
  if (revoked !== null) return `revoked ${moment(revoked)}`;
  if (expires === null) return 'for ever';
  const past = expires * 1000 <= Date.now();
  if (kind === 'agent' && uses !== null)
    return `${past ? 'new ones no more' : 'new ones'} until ${moment(expires)}`;
  return past ? `expired ${moment(expires)}` : `until ${moment(expires)}`;
}
