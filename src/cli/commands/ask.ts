import { ApiClient } from '../api-client.ts';
import type { Terminal } from '../text.ts';

/** Flags of every command that asks a running Tocsin. */
export interface AskOptions {
  url?: string;
  port?: number;
  json?: boolean;
  watch?: boolean;
}

/** The API that the flags and the environment name; on this machine unless told otherwise. */
export function apiOf(options: AskOptions): ApiClient {
  const { env } = process;
  const local = `http://127.0.0.1:${options.port ?? 4567}`;
  const url = options.url ?? (options.port === undefined ? env['TOCSIN_URL'] : undefined) ?? local;
  return new ApiClient({
    url: url.replace(/\/+$/, ''),
    user: env['TOCSIN_USER'],
    password: env['TOCSIN_PASSWORD'],
  });
}

/** Redraws come at most this often. */
const REDRAW_MS = 300;

/**
 * Shows something, and with `--watch` shows it again whenever one of these kinds of change comes, until
 * Ctrl-C. On a terminal the new one takes the place of the old; elsewhere it follows.
 */
export async function showAndWatch(
  parts: { api: ApiClient; terminal: Terminal; watch: boolean | undefined; types: readonly string[] },
  draw: () => Promise<{ text: string; code: number }>,
): Promise<number> {
  const first = await draw();
  if (!parts.watch) {
    parts.terminal.write(first.text);
    return first.code;
  }
  const stop = new AbortController();
  const interrupted = (): void => stop.abort();
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  let shown = '';
  const show = (text: string): void => {
    if (text === shown) return;
    shown = text;
    parts.terminal.write(parts.terminal.interactive ? `\x1b[2J\x1b[H${text}` : text);
  };
  show(first.text);
  let drawnAtMs = 0;
  let code = first.code;
  for await (const _change of parts.api.stream(parts.types, stop.signal)) {
    const waitMs = drawnAtMs + REDRAW_MS - Date.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    drawnAtMs = Date.now();
    const next = await draw();
    code = next.code;
    show(next.text);
  }
  return code;
}

/** JSON for scripts, one document with a line end. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
