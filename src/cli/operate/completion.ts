import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { apiOf } from '../commands/ask.ts';
import { safeText } from '../text.ts';
import { candidates, type NameSource, type QuerySource } from './complete.ts';

/** Longest that somebody who presses the tabulator waits for names. */
const PATIENCE_MS = 1000;
const MOST_NAMES = 500;

/** One candidate a line: the word, a tabulator, what it means. */
export async function completeLine(program: Command, words: readonly string[]): Promise<string> {
  const api = apiOf({});
  const found = await candidates(program, words, namesOf(api), queriesOf(api));
  return found.map(({ word, meaning }) => `${safeText(word)}\t${safeText(meaning)}\n`).join('');
}

/** A server that is away or slow has no names to offer; that is no mistake of whoever types. */
function namesOf(api: ApiClient): NameSource {
  const read: Record<Parameters<NameSource>[0], () => Promise<string[]>> = {
    clients: async () => (await page<{ name: string }>(api, '/clients')).map(({ name }) => name),
    checks: async () => (await page<{ name: string }>(api, '/checks')).map(({ name }) => name),
    events: async () =>
      (await page<{ client: { name: string }; check: { name: string } }>(api, '/events')).map(
        ({ client, check }) => `${client.name}/${check.name}`,
      ),
    silences: async () => (await page<{ id: string }>(api, '/silenced')).map(({ id }) => id),
    aggregates: async () => (await page<{ name: string }>(api, '/aggregates')).map(({ name }) => name),
  };
  return (kind) => inTime(read[kind]());
}

/** The server knows the language of searches; the place of the cursor is the end of the last word. */
function queriesOf(api: ApiClient): QuerySource {
  return (subject, words) => {
    const q = words.join(' ');
    const query = new URLSearchParams({ subject, q, position: String(q.length) });
    const wordBegins = q.length - (words.at(-1) ?? '').length;
    return inTime(
      api.get<Completion>(`/api/v1/search/complete?${query}`).then((found) =>
        (found?.suggestions ?? []).map(({ text, description = '' }) => ({
          word: `${q.slice(wordBegins, found?.from)}${text}`,
          meaning: description,
        })),
      ),
    );
  };
}

/** What `GET /api/v1/search/complete` answers, as far as it is used here. */
interface Completion {
  from: number;
  suggestions: readonly { text: string; description?: string }[];
}

function inTime<T>(reading: Promise<T[]>): Promise<T[]> {
  const late = new Promise<T[]>((resolve) => setTimeout(resolve, PATIENCE_MS, []).unref());
  return Promise.race([reading, late]).catch(() => []);
}

async function page<T>(api: ApiClient, path: string): Promise<T[]> {
  return (await api.get<T[]>(`${path}?limit=${MOST_NAMES}`)) ?? [];
}
