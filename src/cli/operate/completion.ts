import type { Command } from 'commander';
import { isAttributes } from '../../model/attributes.ts';
import type { ApiClient } from '../api-client.ts';
import { apiOf } from '../commands/ask.ts';
import { loadConfiguration } from '../configuration.ts';
import { safeText } from '../text.ts';
import {
  candidates,
  type FileNames,
  type Line,
  type NameSource,
  type QuerySource,
  type ServerNames,
} from './complete.ts';
import { pathsIn } from './paths.ts';

/** Longest that somebody who presses the tabulator waits for names. */
const PATIENCE_MS = 1000;
const MOST_NAMES = 500;

/** One candidate a line: the word, a tabulator, what it means. */
export async function completeLine(program: Command, words: readonly string[]): Promise<string> {
  const api = apiOf({});
  const found = await candidates(program, words, namesOf(api), queriesOf(api));
  return found.map(({ word, meaning }) => `${safeText(word)}\t${safeText(meaning)}\n`).join('');
}

/** A server that is away or slow, or a file with mistakes, has no names to offer; that is no mistake of whoever types. */
function namesOf(api: ApiClient): NameSource {
  const fromServer: Record<ServerNames, () => Promise<string[]>> = {
    clients: async () => (await page<{ name: string }>(api, '/clients')).map(({ name }) => name),
    checks: async () => (await page<{ name: string }>(api, '/checks')).map(({ name }) => name),
    events: async () =>
      (await page<{ client: { name: string }; check: { name: string } }>(api, '/events')).map(
        ({ client, check }) => `${client.name}/${check.name}`,
      ),
    silences: async () => (await page<{ id: string }>(api, '/silenced')).map(({ id }) => id),
    aggregates: async () => (await page<{ name: string }>(api, '/aggregates')).map(({ name }) => name),
    stashes: async () => (await page<{ path: string }>(api, '/stashes')).map(({ path }) => path),
    users: async () => (await items<{ name: string }>(api, '/api/v1/users')).map(({ name }) => name),
    tokens: async () => (await items<{ id: string }>(api, '/api/v1/tokens')).map(({ id }) => id),
    'dead letters': async () => (await items<{ id: string }>(api, '/api/v1/dead')).map(({ id }) => id),
  };
  return (kind, line) => inTime(isServerName(kind) ? fromServer[kind]() : namesInFiles(kind, line));

  function isServerName(kind: ServerNames | FileNames): kind is ServerNames {
    return Object.hasOwn(fromServer, kind);
  }
}

async function namesInFiles(kind: FileNames, line: Line): Promise<string[]> {
  const { document } = (await loadConfiguration(line)).read;
  if (kind === 'configured paths') return pathsIn(document, line.begun);
  const section = kind === 'configured checks' ? document.checks : document.handlers;
  return isAttributes(section) ? Object.keys(section) : [];
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

async function items<T>(api: ApiClient, path: string): Promise<T[]> {
  return (await api.get<{ items: T[] }>(path))?.items ?? [];
}

async function page<T>(api: ApiClient, path: string): Promise<T[]> {
  return (await api.get<T[]>(`${path}?limit=${MOST_NAMES}`)) ?? [];
}
