import { sleep } from '../../runtime/clock.ts';
import { TocsinError } from '../../runtime/errors.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import type { ApiClient } from '../api-client.ts';
import { EXIT } from '../exit.ts';
import { safeText, type Terminal } from '../text.ts';
import { counted } from './words.ts';

/** What is to be done to everything that a search finds, or to what is named. */
export interface ActionWish {
  action: 'resolve' | 'delete-clients' | 'delete-results';
  subject: 'clients' | 'events' | 'results';
  q?: string;
  names?: readonly string[];
  parameters?: Record<string, unknown>;
}

/** An action as the server tells of it. */
interface Action {
  id: string;
  state: 'waiting' | 'running' | 'done' | 'cancelled' | 'failed';
  count: number;
  done?: number;
  sample?: readonly string[];
  errors?: readonly { name: string; error: string }[];
}

export interface ActionOptions {
  dryRun?: boolean;
  /** Without the ten seconds in which Ctrl-C cancels. */
  now?: boolean;
}

const HOLD_SECONDS = 10;
const LOOK_EVERY_MS = 200;

/**
 * Has the server do something to many at once: says what it hits, gives ten seconds in which Ctrl-C cancels, and
 * waits for the end. One thing that is named is done at once.
 */
export async function act(
  api: ApiClient,
  wish: ActionWish,
  done: string,
  options: ActionOptions,
  terminal: Terminal,
): Promise<number> {
  const single = wish.names?.length === 1;
  const hold = options.now || single ? 0 : HOLD_SECONDS;
  const body = { ...wish, hold_seconds: hold, dry_run: options.dryRun === true };
  const action = await api.send<Action>('POST', '/api/v1/actions', body);
  if (!action) throw new TocsinError('SERVER_REFUSED', 'the server did not say what it would do');
  const word = wish.subject.slice(0, -1);
  terminal.write(hits(action, word, options.dryRun === true));
  if (options.dryRun || action.count === 0) return action.count === 0 ? EXIT.notFound : EXIT.ok;
  if (hold > 0) terminal.write(`Begins in ${hold} s; Ctrl-C cancels.\n`);
  return finish(api, action, { done, word }, terminal);
}

function hits({ count, sample = [] }: Action, word: string, dryRun: boolean): string {
  if (count === 0) return `No ${word} is hit.\n`;
  const names = sample.slice(0, 10).map((name) => `  ${safeText(name)}\n`);
  const more = count > names.length ? `  … and ${count - names.length} more\n` : '';
  return `${dryRun ? 'Would hit' : 'Hits'} ${counted(count, word)}:\n${names.join('')}${more}`;
}

/** Waits until the action has ended. Ctrl-C cancels it while it can be. */
async function finish(
  api: ApiClient,
  begun: Action,
  words: { done: string; word: string },
  terminal: Terminal,
): Promise<number> {
  const path = `/api/v1/actions/${begun.id}`;
  let wished = false;
  const cancel = (): void => {
    wished = true;
  };
  process.on('SIGINT', cancel);
  try {
    for (;;) {
      if (wished) {
        wished = false;
        await api.send('DELETE', path).catch(() => terminal.write('Too late to cancel: it has begun.\n'));
      }
      const action = await api.get<Action>(path);
      if (!action) throw new TocsinError('NOT_FOUND', `the server has forgotten the action ${begun.id}`);
      if (action.state !== 'waiting' && action.state !== 'running') return ended(action, words, terminal);
      await sleep(systemClock, LOOK_EVERY_MS);
    }
  } finally {
    process.removeListener('SIGINT', cancel);
  }
}

function ended(action: Action, { done, word }: { done: string; word: string }, terminal: Terminal): number {
  if (action.state === 'cancelled') {
    terminal.write('Cancelled; nothing was done.\n');
    return EXIT.failed;
  }
  const errors = action.errors ?? [];
  terminal.write(`${done} ${counted((action.done ?? action.count) - errors.length, word)}.\n`);
  for (const { name, error } of errors) terminal.write(`  ${safeText(name)}: ${safeText(error)}\n`);
  return errors.length > 0 || action.state === 'failed' ? EXIT.failed : EXIT.ok;
}
