import type { Silence } from '../../model/event.ts';
import { TocsinError } from '../../runtime/errors.ts';
import type { ApiClient } from '../api-client.ts';
import { type AskOptions, apiOf, jsonText } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';
import { duration, moment, paint, safeText, type Terminal } from '../text.ts';
import { clientsOf, counted, secondsOf, whoAmI } from './words.ts';

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
  const { client, check } = options;
  const subscription = subscriptionOf(options);
  const entry = entryOf(options, subscription);
  const api = apiOf(options);
  const id = `${subscription ?? '*'}:${check ?? '*'}`;
  const what = options.in === undefined ? await hides(api, subscription, check) : ` from ${options.in} on`;
  if (options.dryRun) {
    terminal.write(`Would silence ${id}${what}.\n`);
  } else {
    await api.send('POST', '/silenced', entry);
    terminal.write(`Silenced ${id}${what}. To undo: tocsin silence clear '${id}'\n`);
  }
  if (subscription !== undefined && (await clientsOf(api, subscription)) === 0) {
    terminal.write(
      client === undefined
        ? `No client subscribes to ${subscription} yet.\n`
        : `There is no client ${client} yet.\n`,
    );
  }
  return EXIT.ok;
}

/** @throws TocsinError USAGE for flags that do not go together, and for names that nothing can have */
function subscriptionOf({ client, subscription, check }: SilenceOptions): string | undefined {
  if (client !== undefined && subscription !== undefined) {
    throw new TocsinError('USAGE', 'a silence is for a --client or a --subscription, not for both');
  }
  if (client === undefined && subscription === undefined && check === undefined) {
    throw new TocsinError('USAGE', 'say what to silence: --client, --subscription or --check');
  }
  named(client, NAME, '--client');
  named(subscription, SUBSCRIPTION, '--subscription');
  named(check, NAME, '--check');
  return client === undefined ? subscription : `client:${client}`;
}

/** What is posted to the API. */
function entryOf(options: SilenceOptions, subscription: string | undefined): object {
  const { check, reason } = options;
  return {
    ...(subscription === undefined ? {} : { subscription }),
    ...(check === undefined ? {} : { check }),
    ...(options.in === undefined ? {} : { begin: soon(secondsOf(options.in, '--in')) }),
    ...(options.for === undefined ? {} : { expire: secondsOf(options.for, '--for') }),
    ...(reason === undefined ? {} : { reason }),
    expire_on_resolve: options.untilResolved === true,
    creator: whoAmI(),
  };
}

const NAME = /^[\w.-]+$/;
const SUBSCRIPTION = /^[\w.:-]+$/;

function named(text: string | undefined, pattern: RegExp, flag: string): void {
  if (text === undefined || pattern.test(text)) return;
  const colons = pattern === SUBSCRIPTION ? ', ":"' : '';
  const wanted = `a name of letters, digits, "_", "."${colons} and "-"`;
  throw new TocsinError('USAGE', `${flag} takes ${wanted}, not "${text}"`);
}

function soon(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

/** How many open events a silence applies to, in words. */
async function hides(
  api: ApiClient,
  subscription: string | undefined,
  check: string | undefined,
): Promise<string> {
  const words = [
    ...(subscription === undefined ? [] : [`subscription:"${subscription}"`]),
    ...(check === undefined ? [] : [`check:"${check}"`]),
  ];
  const query = encodeURIComponent(words.join(' '));
  const found = await api.get<{ total: number }>(`/api/v1/search/events?limit=1&q=${query}`);
  return found
    ? `, which hides ${found.total === 0 ? 'no open event' : counted(found.total, 'open event')} now`
    : '';
}

/** `tocsin silence list`: all silences, with who made them, why, and when they end. */
export async function listSilences(options: AskOptions, terminal: Terminal): Promise<number> {
  const silences = await apiOf(options).list<ListedSilence>('/silenced');
  if (options.json) terminal.write(jsonText(silences));
  else if (silences.length === 0) terminal.write('Nothing is silenced.\n');
  else
    terminal.write(table(terminal, ['SILENCE', 'BY', 'FROM', 'ENDS', 'REASON'], silences.map(row(terminal))));
  return EXIT.ok;
}

function row(terminal: Terminal): (silence: ListedSilence) => string[] {
  return ({ id, creator, reason, begin, timestamp, expire, expire_on_resolve }) => {
    const ahead = begin !== null && begin * 1000 > Date.now();
    return [
      safeText(id),
      safeText(creator ?? ''),
      ahead ? paint(terminal, 'dim', moment(begin)) : moment(begin ?? timestamp),
      [
        ...(expire < 0 ? [] : [`in ${duration(expire)}`]),
        ...(expire_on_resolve ? ['when resolved'] : []),
      ].join(' or ') || 'never',
      safeText(reason ?? ''),
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
