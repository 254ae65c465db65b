import type { Check } from '../../model/check.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { ApiClient } from '../api-client.ts';
import { type AskOptions, apiOf } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import type { Terminal } from '../text.ts';
import { counted, whoAmI } from './words.ts';

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
  if (options.dryRun) {
    terminal.write(await plan(api, name, given));
    return EXIT.ok;
  }
  const { reason } = options;
  const body = {
    check: name,
    creator: whoAmI(),
    ...(reason === undefined ? {} : { reason }),
    ...(given.length === 0 ? {} : { subscribers: given }),
  };
  await api.send('POST', '/request', body).catch(unknownCheck(name));
  terminal.write(`Asked for ${name}. Its results: tocsin results --watch\n`);
  return EXIT.ok;
}

/** Who would be asked. */
async function plan(api: ApiClient, name: string, given: readonly string[]): Promise<string> {
  const check = await api.get<Check>(`/checks/${name}`);
  if (!check && given.length === 0) throw new TocsinError('NOT_FOUND', `There is no check ${name}.`);
  if (check?.proxy_requests)
    return `Would ask for ${name} once for each client that its "proxy_requests" name.\n`;
  const lines: string[] = [];
  for (const subscription of given.length > 0 ? given : (check?.subscribers ?? [])) {
    const query = encodeURIComponent(`subscription:"${subscription}"`);
    const found = await api.get<{ total: number }>(`/api/v1/search/clients?limit=1&q=${query}`);
    const share = /^(roundrobin|direct):/.test(subscription) ? 'one of ' : '';
    lines.push(`  ${subscription}: ${share}${counted(found?.total ?? 0, 'client')}\n`);
  }
  return lines.length > 0
    ? `Would ask for ${name}:\n${lines.join('')}`
    : `${name} has no subscribers; name some.\n`;
}

function unknownCheck(name: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof TocsinError && error.kind === 'not_found') {
      throw new TocsinError('NOT_FOUND', `There is no check ${name}.`);
    }
    throw error;
  };
}
