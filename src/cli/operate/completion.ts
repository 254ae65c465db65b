import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { apiOf } from '../commands/ask.ts';
import { safeText } from '../text.ts';
import { candidates, type NameSource } from './complete.ts';

/** Longest that somebody who presses the tabulator waits for names. */
const PATIENCE_MS = 1000;
const MOST_NAMES = 500;

/** One candidate a line: the word, a tabulator, what it means. */
export async function completeLine(program: Command, words: readonly string[]): Promise<string> {
  const found = await candidates(program, words, namesOf(apiOf({})));
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
  return (kind) => {
    const late = new Promise<string[]>((resolve) => setTimeout(resolve, PATIENCE_MS, []).unref());
    return Promise.race([read[kind](), late]).catch(() => []);
  };
}

async function page<T>(api: ApiClient, path: string): Promise<T[]> {
  return (await api.get<T[]>(`${path}?limit=${MOST_NAMES}`)) ?? [];
}
