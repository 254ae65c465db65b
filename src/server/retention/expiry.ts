import type { Settings } from '../../config/settings.ts';
import type { ExecutedCheck } from '../../model/check.ts';
import { parseCron } from '../../model/cron.ts';
import type { ClientState } from '../../state/documents.ts';
import type { NamedState } from '../../state/views.ts';

/** What is known when it is judged whether a result has expired. */
export interface ExpiryFacts {
  settings: Pick<Settings, 'checks' | 'skippedChecks' | 'retention'>;
  client: ClientState | undefined;
  /** Milliseconds attended so far, and those before this process. */
  attendedMs: number;
  attendedBeforeMs: number;
  nowMs: number;
  /** Gaps of cron expressions that were worked out for this moment: many results share one, and it takes long. */
  gapsMs: Map<string, number>;
}

/** A result that was not renewed for fewer of its own periods than this may yet come. */
const PERIODS = 3;

/**
 * For how many seconds a result that has expired was not renewed; undefined for one that has not. It expires when
 * nobody asks for its check any more: no check of that name is configured here, and it was not reported for as long
 * as `tocsin.retention.results` says, nor for three of its own periods. Time in which no server listened does not count.
 */
export function expiredFor({ check, state }: NamedState, facts: ExpiryFacts): number | undefined {
  const { settings, client, attendedMs, attendedBeforeMs } = facts;
  const { resultsMs } = settings.retention;
  const unrenewedMs = attendedMs - (state.takenAttendedMs ?? attendedBeforeMs);
  if (resultsMs === 0 || unrenewedMs < resultsMs) return undefined;
  if (isAskedFor(check, settings) && !isLeftover(client)) return undefined;
  return unrenewedMs < PERIODS * periodMs(state.check, facts) ? undefined : Math.floor(unrenewedMs / 1000);
}

/** True when this server asks for the check. One that was skipped as invalid will be asked for again once it is mended. */
function isAskedFor(check: string, { checks, skippedChecks }: ExpiryFacts['settings']): boolean {
  const configured = checks.get(check);
  return configured ? configured.standalone !== true : skippedChecks.has(check);
}

/** True for a client that a late result brought back after it was removed: no agent stands behind it. */
function isLeftover(client: ClientState | undefined): boolean {
  return client === undefined || (client.blank === true && client.client.type !== 'proxy');
}

/** How often the result of a check is renewed, as its attributes tell: the longest of interval, `ttl` and cron. */
export function periodMs(check: ExecutedCheck, facts: Pick<ExpiryFacts, 'nowMs' | 'gapsMs'>): number {
  const { interval, ttl, cron } = check;
  return Math.max(secondsToMs(interval), secondsToMs(ttl), typeof cron === 'string' ? gapMs(cron, facts) : 0);
}

function secondsToMs(seconds: unknown): number {
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : 0;
}

/** Milliseconds between the next two moments of a cron expression; 0 when there are none. */
function gapMs(text: string, { nowMs, gapsMs }: Pick<ExpiryFacts, 'nowMs' | 'gapsMs'>): number {
  const known = gapsMs.get(text);
  if (known !== undefined) return known;
  const gap = workedOutMs(text, nowMs);
  gapsMs.set(text, gap);
  return gap;
}

function workedOutMs(text: string, nowMs: number): number {
  const parsed = parseCron(text);
  const cron = 'cron' in parsed ? parsed.cron : undefined;
  const next = cron?.next(nowMs);
  const second = next === undefined ? undefined : cron?.next(next);
  return next === undefined || second === undefined ? 0 : second - next;
}
