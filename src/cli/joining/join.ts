import type { Settings } from '../../config/index.ts';
import { TocsinError } from '../../runtime/errors.ts';
import { isLoopback } from '../../runtime/http-caller.ts';
import type { ApiClient } from '../api-client.ts';
import { type AskOptions, apiOf, jsonText, urlOf } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import { machineAddress } from '../machine.ts';
import { counted, secondsOf } from '../operate/words.ts';
import type { Terminal } from '../text.ts';
import { type Invitation, JOIN_VARIABLE, joinCode } from './code.ts';
import { pinOf } from './pin.ts';

export interface JoinOptions extends AskOptions {
  client?: readonly string[];
  source?: readonly string[];
  uses?: string;
  expires?: string;
  address?: readonly string[];
  data: string;
}

/** A token that waits to be used is good for this long unless told otherwise. */
const USUAL_SECONDS = 86_400;

/**
 * `tocsin join`: has the server make a token for agents, and prints the line that starts one with it. What the line is
 * good for goes to standard error, so that the line alone can be handed on.
 */
export async function join(options: JoinOptions, terminal: Terminal): Promise<number> {
  const url = urlOf(options);
  const wish = wishOf(options);
  const given = options.address?.map((address) => serverAddress(address, url.protocol));
  const api = apiOf(options);
  const { token } = (await api.send<{ token: string }>('POST', '/api/v1/agents/tokens', wish)) ?? {};
  if (token === undefined) throw new TocsinError('SERVER_REFUSED', `${url.origin} made no token`);
  const servers = given ?? [await usualAddress(api, url)];
  const fingerprint = url.protocol === 'https:' ? await pinOf(url) : undefined;
  const client = wish.clients?.length === 1 && !wish.clients[0]?.includes('*') ? wish.clients[0] : undefined;
  const invitation: Invitation = {
    servers,
    token,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(client === undefined ? {} : { client }),
  };
  const line = `${JOIN_VARIABLE}=${joinCode(invitation)} tocsin agent --data ${options.data}`;
  terminal.write(options.json ? jsonText({ ...invitation, line }) : `${line}\n`);
  process.stderr.write(goodFor(wish, servers));
  return EXIT.ok;
}

interface Wish {
  clients?: readonly string[];
  sources?: readonly string[];
  uses: number | null;
  expires_seconds?: number;
}

function wishOf({ client, source, uses, expires }: JoinOptions): Wish {
  const counts = usesOf(uses);
  const seconds = expires === undefined ? (counts === null ? undefined : USUAL_SECONDS) : lastingOf(expires);
  if (counts === null && !client)
    throw new TocsinError('USAGE', '--uses any needs --client: say which names, like --client "web-*"');
  return {
    ...(client ? { clients: client } : {}),
    ...(source ? { sources: source } : {}),
    uses: counts,
    ...(seconds === undefined ? {} : { expires_seconds: seconds }),
  };
}

/** null: any number. */
function usesOf(uses = '1'): number | null {
  if (uses === 'any') return null;
  const count = Number(uses);
  if (/^\d{1,4}$/.test(uses) && count >= 1 && count <= 1000) return count;
  throw new TocsinError('USAGE', `--uses takes a number from 1 to 1000, or "any", not "${uses}"`);
}

/** undefined: for ever. */
function lastingOf(expires: string): number | undefined {
  return expires === 'never' ? undefined : secondsOf(expires, '--expires');
}

/** `monitoring:4567` or `wss://monitoring:4567`, complete. Throws USAGE. */
export function serverAddress(address: string, protocol: string): string {
  const scheme = protocol === 'https:' ? 'wss' : 'ws';
  const complete = /^wss?:\/\//.test(address) ? address : `${scheme}://${address}`;
  if (/^wss?:\/\/[^/?#@\s]+:\d{1,5}\/?$/.test(complete) && URL.canParse(complete)) return complete;
  throw new TocsinError('USAGE', `--address takes a name and a port, like monitoring:4567, not "${address}"`);
}

/** Where agents find the server that was asked: as it was asked here, or as others reach it. */
async function usualAddress(api: ApiClient, url: URL): Promise<string> {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const host = isLoopback(url.hostname.replace(/^\[|\]$/g, '')) ? await hostFor(api, url) : url.hostname;
  return serverAddress(`${host}:${port}`, url.protocol);
}

async function hostFor(api: ApiClient, url: URL): Promise<string> {
  const { bind } = (await api.get<{ api?: Partial<Settings['api']> }>('/settings'))?.api ?? {};
  if (bind === undefined || isLoopback(bind)) return url.hostname;
  const everywhere = bind === '0.0.0.0' || bind === '::';
  const host = everywhere ? machineAddress() : bind;
  return host.includes(':') ? `[${host}]` : host;
}

function goodFor({ clients, uses, expires_seconds }: Wish, servers: readonly string[]): string {
  const who = uses === null ? 'any number of clients' : uses === 1 ? 'one client' : counted(uses, 'client');
  const named = clients ? ` named ${clients.join(' or ')}` : '';
  const hours = expires_seconds === undefined ? '' : `, to be used within ${stretch(expires_seconds)}`;
  const local = servers.every((server) => isLoopback(new URL(server).hostname.replace(/^\[|\]$/g, '')));
  const warning = local
    ? 'Other machines cannot reach this address: set "api.bind" of the server, or name another with --address.\n'
    : '';
  return `Run this line on the other machine. It holds a secret; it is good for ${who}${named}${hours}.\n${warning}`;
}

function stretch(seconds: number): string {
  if (seconds % 86_400 === 0) return counted(seconds / 86_400, 'day');
  if (seconds % 3600 === 0) return counted(seconds / 3600, 'hour');
  return seconds % 60 === 0 ? counted(seconds / 60, 'minute') : counted(seconds, 'second');
}
