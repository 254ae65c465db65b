import type { Silence } from '../../model/event.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { ApiClient } from '../api-client.ts';
import { type AskOptions, apiOf, jsonText } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';
import { duration, moment, paint, safeText, type Terminal } from '../text.ts';
import { counted, secondsOf, whoAmI } from './words.ts';

/** A silence as the API lists it; `expire` is the seconds left, -1: for ever. */
type ListedSilence = Silence & { expire: number };

export interface SilenceOptions extends AskOptions {
  client?: string;
  subscription?: string;
  check?: string;
  for?: string;
  in?: string;
  untilResolved?: boolean;
  reason?: string;
  dryRun?: boolean;
}

/** `tocsin silence add`: events of a client, a subscription, a check, or a check of one of the two are told to nobody. */
export async function addSilence(options: SilenceOptions, terminal: Terminal): Promise<number> {
  const { client, check, reason } = options;
  if (client !== undefined && options.subscription !== undefined) {
    throw new TocsinError('USAGE', 'a silence is for a --client or a --subscription, not for both');
  }
  const subscription = client === undefined ? options.subscription : `client:${client}`;
  if (subscription === undefined && check === undefined) {
    throw new TocsinError('USAGE', 'say what to silence: --client, --subscription or --check');
  }
  const begin = options.in === undefined ? {} : { begin: soon(secondsOf(options.in, '--in')) };
  const expire = options.for === undefined ? {} : { expire: secondsOf(options.for, '--for') };
  const entry = {
    ...(subscription === undefined ? {} : { subscription }),
    ...(check === undefined ? {} : { check }),
    ...begin,
    ...expire,
    ...(reason === undefined ? {} : { reason }),
    expire_on_resolve: options.untilResolved === true,
    creator: whoAmI(),
  };
  const api = apiOf(options);
  const id = `${subscription ?? '*'}:${check ?? '*'}`;
  const hidden = await hides(api, subscription, check);
  const what = hidden === undefined ? '' : `, which hides ${counted(hidden, 'open event')} now`;
  if (options.dryRun) {
    terminal.write(`Would silence ${id}${what}.\n`);
    return EXIT.ok;
  }
  await api.send('POST', '/silenced', entry);
  terminal.write(`Silenced ${id}${what}. To undo: tocsin silence clear '${id}'\n`);
  return EXIT.ok;
}

function soon(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

/** How many open events a silence applies to. */
async function hides(
  api: ApiClient,
  subscription: string | undefined,
  check: string | undefined,
): Promise<number | undefined> {
  const words = [
    ...(subscription === undefined ? [] : [`subscription:"${subscription}"`]),
    ...(check === undefined ? [] : [`check:"${check}"`]),
  ];
  const query = encodeURIComponent(words.join(' '));
  return (await api.get<{ total: number }>(`/api/v1/search/events?limit=1&q=${query}`))?.total;
}

/** `tocsin silence list`: all silences, with who made them, why, and when they end. */
export async function listSilences(options: AskOptions, terminal: Terminal): Promise<number> {
  const silences = await apiOf(options).list<ListedSilence>('/silenced');
  if (options.json) terminal.write(jsonText(silences));
  else if (silences.length === 0) terminal.write('Nothing is silenced.\n');
  else
    terminal.write(
      table(terminal, ['SILENCE', 'BY', 'REASON', 'BEGAN', 'ENDS'], silences.map(row(terminal))),
    );
  return EXIT.ok;
}

function row(terminal: Terminal): (silence: ListedSilence) => string[] {
  return ({ id, creator, reason, begin, timestamp, expire, expire_on_resolve }) => {
    const ahead = begin !== null && begin * 1000 > Date.now();
    return [
      safeText(id),
      safeText(creator ?? ''),
      safeText(reason ?? ''),
      ahead ? paint(terminal, 'dim', `at ${moment(begin)}`) : moment(begin ?? timestamp),
      [
        ...(expire < 0 ? [] : [`in ${duration(expire)}`]),
        ...(expire_on_resolve ? ['when resolved'] : []),
      ].join(' or ') || 'never',
    ];
  };
}

/** `tocsin silence clear`: ends silences by their ids. */
export async function clearSilences(
  ids: readonly string[],
  options: AskOptions & { dryRun?: boolean },
  terminal: Terminal,
): Promise<number> {
  const api = apiOf(options);
  const known = new Set((await api.list<ListedSilence>('/silenced')).map(({ id }) => id));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0) throw new TocsinError('NOT_FOUND', `There is no silence ${missing.join(', ')}.`);
  for (const id of ids) {
    if (!options.dryRun) await api.send('POST', '/silenced/clear', { id });
    terminal.write(`${options.dryRun ? 'Would end' : 'Ended'} the silence ${id}.\n`);
  }
  return EXIT.ok;
}
