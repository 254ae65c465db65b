import { readFileSync } from 'node:fs';
import { sleep } from '../../runtime/clock.ts';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import { systemClock } from '../../runtime/system/clock.ts';
import { ApiClient } from '../api-client.ts';
import { EXIT } from '../exit.ts';
import type { Terminal } from '../text.ts';

/** Flags of every command that asks a running Tocsin. */
export interface AskOptions {
  url?: string;
  port?: number;
  json?: boolean;
  watch?: boolean;
  /** A file that holds the token of a program. */
  tokenFile?: string;
}

/** The API that the flags and the environment name; on this machine unless told otherwise. */
export function apiOf(options: AskOptions): ApiClient {
  const { env } = process;
  return new ApiClient({
    url: addressOf(options).replace(/\/+$/, ''),
    user: env['TOCSIN_USER'],
    password: env['TOCSIN_PASSWORD'],
    token: options.tokenFile === undefined ? env['TOCSIN_API_TOKEN'] : tokenIn(options.tokenFile),
  });
}

/** The token in a file, without the line end. Throws USAGE when there is none. */
function tokenIn(file: string): string {
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (token !== '') return token;
  } catch (error) {
    throw new TocsinError('USAGE', `--token-file ${file} cannot be read: ${errorText(error)}`);
  }
  throw new TocsinError('USAGE', `--token-file ${file} is empty`);
}

/** The address that they name. Throws USAGE when it is none. */
export function urlOf(options: AskOptions): URL {
  const address = addressOf(options);
  if (URL.canParse(address) && /^https?:/i.test(address)) return new URL(address);
  throw new TocsinError('USAGE', `--url takes an address like http://127.0.0.1:4567, not "${address}"`);
}

function addressOf({ url, port }: AskOptions): string {
  const configured = port === undefined ? process.env['TOCSIN_URL'] : undefined;
  return url ?? configured ?? `http://127.0.0.1:${port ?? 4567}`;
}

/** Between two drawings. */
const REDRAW_MS = 300;

/**
 * Shows something, and with `--watch` shows it again whenever one of these kinds of change comes, until
 * Ctrl-C. On a terminal the new one takes the place of the old; elsewhere it follows.
 */
export async function showAndWatch(
  parts: { api: ApiClient; terminal: Terminal; watch: boolean | undefined; types: readonly string[] },
  draw: () => Promise<{ text: string; code: number }>,
): Promise<number> {
  if (!parts.watch) {
    const { text, code } = await draw();
    if (code === EXIT.notFound) throw new TocsinError('NOT_FOUND', text.trimEnd());
    parts.terminal.write(text);
    return code;
  }
  const stop = new AbortController();
  const interrupted = (): void => stop.abort();
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  // Nobody reads any more.
  process.stdout.once('error', interrupted);
  let shown = '';
  let code: number = EXIT.ok;
  const redraw = redrawing(async () => {
    const next = await draw();
    code = next.code;
    if (next.text === shown) return;
    shown = next.text;
    parts.terminal.write(parts.terminal.interactive ? `\x1b[2J\x1b[H${shown}` : shown);
  }, stop);
  // The first drawing waits for the stream, so that no change falls between the two.
  for await (const _change of parts.api.stream(parts.types, stop.signal, redraw.ask)) redraw.ask();
  await redraw.done();
  return code;
}

/** Draws soon after it was asked; all that ask meanwhile are served by one more drawing. A failure stops the rest. */
function redrawing(
  draw: () => Promise<void>,
  stop: AbortController,
): { ask: () => void; done: () => Promise<void> } {
  let wanted = false;
  let failure: unknown;
  let drawing: Promise<void> | undefined;
  const drawWhileWanted = async (): Promise<void> => {
    while (wanted && !stop.signal.aborted) {
      wanted = false;
      await draw();
      await sleep(systemClock, REDRAW_MS, stop.signal);
    }
    drawing = undefined;
  };
  return {
    ask: () => {
      wanted = true;
      drawing ??= drawWhileWanted().catch((error: unknown) => {
        failure = error;
        stop.abort();
      });
    },
    done: async () => {
      await drawing;
      if (failure) throw failure;
    },
  };
}

/** True when nothing was found about a client because there is no such client. */
export async function isUnknown(
  api: ApiClient,
  client: string | undefined,
  found: readonly unknown[],
): Promise<boolean> {
  return client !== undefined && found.length === 0 && (await api.get(`/clients/${client}`)) === undefined;
}

/** What a terminal could obey and JSON leaves as it is: control characters behind ASCII, and those that turn text round. */
const SHOWN_AS_CODE = /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** JSON for scripts, one document with a line end; harmless where it is shown to people. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2).replace(SHOWN_AS_CODE, codeOf)}\n`;
}

function codeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
