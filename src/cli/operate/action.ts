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
  subject: 'events' | 'clients' | 'results';
  q?: string;
  names?: readonly string[];
  parameters?: Record<string, unknown>;
}

/** What an action would hit. */
interface Preview {
  count: number;
  sample: readonly string[];
}

/** An action as the server tells of it. */
interface Action extends Preview {
  id: string;
  state: 'waiting' | 'running' | 'done' | 'cancelled' | 'failed';
  progress: { done: number; skipped: number; failed: number };
  errors: readonly { name: string; error: string }[];
  why: string | null;
}

export interface ActionOptions {
  dryRun?: boolean;
  /** Without the ten seconds in which Ctrl-C cancels. */
  now?: boolean;
}

const PATH = '/api/v1/actions';
const HOLD_SECONDS = 10;
const LOOK_EVERY_MS = 200;
const MOST_SHOWN = 10;

/**
 * Has the server do something to many at once: says what it hits, gives ten seconds in which Ctrl-C cancels, and
 * waits for the end. One thing that is named is done at once.
 * @throws TocsinError NOT_FOUND when nothing is hit
 */
export async function act(
  api: ApiClient,
  wish: ActionWish,
  done: string,
  options: ActionOptions,
  terminal: Terminal,
): Promise<number> {
  const word = wish.subject.slice(0, -1);
  const preview = await api.send<Preview>('POST', PATH, { ...wish, dry_run: true });
  if (!preview || preview.count === 0)
    throw new TocsinError('NOT_FOUND', `No ${word === 'event' ? 'open event' : word} is hit.`);
  terminal.write(hits(preview, word, options.dryRun === true));
  if (options.dryRun) return EXIT.ok;
  const hold = options.now || wish.names?.length === 1 ? 0 : HOLD_SECONDS;
  const interruption = { wished: false };
  const interrupted = (): void => {
    interruption.wished = true;
  };
  // From before the action exists, or an early Ctrl-C would end this command and leave the action waiting.
  process.on('SIGINT', interrupted);
  try {
    const action = await api.send<Action>('POST', PATH, { ...wish, hold_seconds: hold });
    if (!action) throw new TocsinError('SERVER_REFUSED', 'the server did not say what it does');
    if (hold > 0) terminal.write(`Begins in ${hold} s; Ctrl-C cancels.\n`);
    return ended(await ending(api, action.id, interruption, terminal), { done, word }, terminal);
  } finally {
    process.removeListener('SIGINT', interrupted);
  }
}

function hits({ count, sample }: Preview, word: string, dryRun: boolean): string {
  const names = sample.slice(0, MOST_SHOWN).map((name) => `  ${safeText(name)}\n`);
  const more = count > names.length ? `  … and ${count - names.length} more\n` : '';
  return `${dryRun ? 'Would hit' : 'Hits'} ${counted(count, word)}:\n${names.join('')}${more}`;
}

/** Waits until the action has ended; cancels it when that is wished. */
async function ending(
  api: ApiClient,
  id: string,
  interruption: { wished: boolean },
  terminal: Terminal,
): Promise<Action> {
  for (;;) {
    if (interruption.wished) {
      interruption.wished = false;
      await api
        .send('DELETE', `${PATH}/${id}`)
        .catch(() => terminal.write('Too late to cancel: it has begun.\n'));
    }
    const action = await api.get<Action>(`${PATH}/${id}`);
    if (!action) throw new TocsinError('NOT_FOUND', `the server has forgotten the action ${id}`);
    if (action.state !== 'waiting' && action.state !== 'running') return action;
    await sleep(systemClock, LOOK_EVERY_MS);
  }
}

function ended(action: Action, { done, word }: { done: string; word: string }, terminal: Terminal): number {
  if (action.state === 'cancelled') {
    terminal.write('Cancelled; nothing was done.\n');
    return EXIT.failed;
  }
  const { progress, errors, why } = action;
  const gone = progress.skipped > 0 ? `, ${counted(progress.skipped, word)} had ended before` : '';
  terminal.write(`${done} ${counted(progress.done, word)}${gone}.\n`);
  for (const { name, error } of errors) terminal.write(`  ${safeText(name)}: ${safeText(error)}\n`);
  if (why !== null) terminal.write(`${safeText(why)}\n`);
  return action.state === 'failed' ? EXIT.failed : EXIT.ok;
}
