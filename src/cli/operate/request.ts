import type { Check } from '../../model/check.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { ApiClient } from '../api-client.ts';
import { type AskOptions, apiOf } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import type { Terminal } from '../text.ts';
import { clientsOf, counted, whoAmI } from './words.ts';

export interface RequestOptions extends AskOptions {
  subscription?: readonly string[];
  client?: readonly string[];
  reason?: string;
  dryRun?: boolean;
}

/** `tocsin request`: asks agents to run a check now. */
export async function request(name: string, options: RequestOptions, terminal: Terminal): Promise<number> {
  const api = apiOf(options);
  const given = [
    ...(options.subscription ?? []),
    ...(options.client ?? []).map((client) => `client:${client}`),
  ];
  const asked = await shares(api, name, given);
  if (options.dryRun) {
    terminal.write(plan(name, asked));
    return EXIT.ok;
  }
  const { reason } = options;
  const body = {
    check: name,
    creator: whoAmI(),
    ...(reason === undefined ? {} : { reason }),
    ...(given.length === 0 ? {} : { subscribers: given }),
  };
  if (asked?.length && asked.every(({ clients }) => clients === 0)) {
    const names = asked.map(({ subscription }) => subscription).join(' or ');
    throw new TocsinError('NOT_FOUND', `Nobody would run ${name}: no client subscribes to ${names}.`);
  }
  await api.send('POST', '/request', body).catch(unknownCheck(name));
  terminal.write(`Asked for ${name}. Its results: tocsin results --watch\n`);
  return EXIT.ok;
}

interface Share {
  subscription: string;
  clients: number;
}

/** Who would be asked; undefined for a check that names its clients by `proxy_requests`. */
async function shares(api: ApiClient, name: string, given: readonly string[]): Promise<Share[] | undefined> {
  const check = await api.get<Check>(`/checks/${name}`);
  if (check?.proxy_requests) return undefined;
  const subscriptions = given.length > 0 ? given : (check?.subscribers ?? []);
  return Promise.all(
    subscriptions.map(async (subscription) => ({
      subscription,
      clients: await clientsOf(api, subscription),
    })),
  );
}

function plan(name: string, asked: readonly Share[] | undefined): string {
  if (!asked) return `Would ask for ${name} once for each client that its "proxy_requests" name.\n`;
  if (asked.length === 0) {
    const hint = 'name some with --client or --subscription';
    throw new TocsinError('NOT_FOUND', `There is no check ${name} with subscribers: ${hint}.`);
  }
  const lines = asked.map(({ subscription, clients }) => {
    const share = /^(roundrobin|direct):/.test(subscription) ? 'one of ' : '';
    return `  ${subscription}: ${share}${counted(clients, 'client')}\n`;
  });
  return `Would ask for ${name}:\n${lines.join('')}`;
}

function unknownCheck(name: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof TocsinError && error.kind === 'not_found') {
      throw new TocsinError('NOT_FOUND', `There is no check ${name}.`);
    }
    throw error;
  };
}
