import { userInfo } from 'node:os';
import { TocsinError } from '../../runtime/errors.ts';
import type { ApiClient } from '../api-client.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * Seconds of a stretch of time as people write it: `90`, `15m`, `1h30m`, `2d`.
 * @throws TocsinError USAGE, naming the flag
 */
export function secondsOf(text: string, flag: string): number {
  const parts = [...text.matchAll(/(\d+)([smhdw]?)/g)];
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit || 's'] ?? 1), 0);
  const whole = parts.map(([part]) => part).join('') === text;
  if (whole && seconds > 0 && Number.isSafeInteger(seconds)) return seconds;
  throw new TocsinError('USAGE', `${flag} takes a stretch of time like 15m, 2h or 1d, not "${text}"`);
}

/** Who does it, for the records: the name of the user on this machine. */
export function whoAmI(): string {
  try {
    return userInfo().username;
  } catch {
    return 'tocsin';
  }
}

/** `1 event`, `3 events` */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** How many clients have a subscription. */
export async function clientsOf(api: ApiClient, subscription: string): Promise<number> {
  const query = encodeURIComponent(`subscription:"${subscription}"`);
  const found = await api.get<{ total: number }>(`/api/v1/search/clients?limit=1&q=${query}`);
  return found?.total ?? 0;
}

/** `client/check` in its parts; undefined for anything else. */
export function unitOf(text: string): { client: string; check: string } | undefined {
  const found = /^([\w.-]+)\/([\w.-]+)$/.exec(text);
  return found ? { client: found[1] ?? '', check: found[2] ?? '' } : undefined;
}
