import { sleep } from '../plugin.ts';
import { endedBy, type Limits } from './time-limit.ts';

/**
 * Questions to file systems that may never be answered: a network file system whose server is gone keeps the asking
 * thread for ever, and four such threads stop all file access of a Node process. So at most two questions are open
 * in this process at any time, and one that was not answered in time is not asked again until it is.
 */
const MOST_OPEN = 2;

interface Question {
  answer: Promise<unknown>;
  /** True when its time passed without an answer. */
  overdue: boolean;
}

const open = new Map<string, Question>();

/** No answer in time; or not even asked, because others wait for theirs. */
export const SILENCE = Symbol('silence');

/**
 * The answer to a question, or `SILENCE` after `timeoutMs`, at once if it was asked before and is still open. The
 * subject (`the file system at /data`) tells questions apart. Rejects as `ask` does, and with a `Failure` when the
 * signal aborts.
 */
export async function patiently<T>(
  subject: string,
  ask: () => Promise<T>,
  { clock, signal }: Limits,
  timeoutMs: number,
): Promise<T | typeof SILENCE> {
  const waiting = `waiting for ${subject}`;
  if (signal.aborted) throw endedBy(signal, waiting, 'target');
  const done = new AbortController();
  const limit = sleep(clock, timeoutMs, AbortSignal.any([signal, done.signal])).then(() => SILENCE);
  try {
    const question = await placed(subject, ask, limit);
    if (!question || question.overdue) return SILENCE;
    const answer = await Promise.race([question.answer, limit]);
    if (signal.aborted) throw endedBy(signal, waiting, 'target');
    if (answer === SILENCE) question.overdue = true;
    return answer as T | typeof SILENCE;
  } finally {
    done.abort();
  }
}

/** The question of this subject, asked as soon as there is a place; undefined when none came free in time. */
async function placed(
  subject: string,
  ask: () => Promise<unknown>,
  limit: Promise<unknown>,
): Promise<Question | undefined> {
  for (;;) {
    const asked = open.get(subject);
    if (asked) return asked;
    if (open.size < MOST_OPEN) return asking(subject, ask);
    const hopeful = [...open.values()].filter((question) => !question.overdue);
    if (hopeful.length === 0) return undefined;
    const answered = hopeful.map(({ answer }) => answer.then(nothing, nothing));
    if ((await Promise.race([...answered, limit])) === SILENCE) return undefined;
  }
}

function asking(subject: string, ask: () => Promise<unknown>): Question {
  const question: Question = { answer: ask().finally(() => open.delete(subject)), overdue: false };
  question.answer.catch(nothing);
  open.set(subject, question);
  return question;
}

function nothing(): void {}
