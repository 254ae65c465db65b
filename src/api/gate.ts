import { createHash, timingSafeEqual } from 'node:crypto';
import type { Settings } from '../config/settings.ts';
import { type Answer, empty, refusal } from './answer.ts';

/** What the gate looks at. */
export interface Caller {
  method: string;
  /** The headers `Host`, `Origin` and `Authorization`. */
  host: string | undefined;
  origin: string | undefined;
  authorization: string | undefined;
  /** Path and query: who asks for secrets must not be a page of another origin. */
  url?: string | undefined;
}

/** The refusal a caller gets, or undefined when it may pass. */
export type Gate = (caller: Caller) => Answer | undefined;

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const READING = new Set(['GET', 'HEAD']);

/**
 * Decides who may pass, by `docs/api.md`, "Who may do what". A page that a browser was lured to must not change
 * anything here, nor read secrets: it betrays itself by its `Origin`, or by the name it made point at us (`Host`). Then, when user and
 * password are set, HTTP Basic (RFC 7617). `OPTIONS` always passes, as browsers ask it before anything else.
 */
export function createGate(api: Settings['api']): Gate {
  const stranger = strangers(api);
  const authorized = credentials(api);
  return (caller) => {
    if (caller.method === 'OPTIONS') return undefined;
    return stranger(caller) ?? (authorized(caller.authorization) ? undefined : unauthorized());
  };
}

function strangers(api: Settings['api']): Gate {
  const bind = api.bind.includes(':') ? `[${api.bind}]` : api.bind.toLowerCase();
  const loopback = LOOPBACK.has(bind) || bind.startsWith('127.');
  const guarded = isGuarded(api);
  const trusted = api.cors['Origin'];
  const isOwn = (address: URL): boolean => LOOPBACK.has(address.hostname) || address.hostname === bind;
  return ({ method, host, origin, url }) => {
    const reading = READING.has(method);
    const harmless = reading && !asksForSecrets(url);
    const called = addressOf(host);
    if (loopback && host !== undefined && !(called && isOwn(called)) && !(reading && guarded)) {
      return refusal(403, 'This address answers only to localhost and its own name, not to this Host.');
    }
    if (harmless || origin === undefined || (trusted !== '*' && origin === trusted)) return undefined;
    const from = originOf(origin);
    if (from && (loopback ? isOwn(from) : from.host === called?.host)) return undefined;
    return refusal(
      403,
      `A page of another origin may not ${reading ? 'read secrets' : 'change anything'} here.`,
    );
  };
}

function asksForSecrets(url = ''): boolean {
  return url.startsWith('/settings?') && url.includes('redacted=false');
}

/** The address in a `Host` header; undefined when it is not one. */
function addressOf(host: string | undefined): URL | undefined {
  return host !== undefined && /^[^/?#@\\\s]+$/.test(host) ? parsed(`http://${host}`) : undefined;
}

function originOf(origin: string): URL | undefined {
  return /^https?:\/\/[^/?#@\\\s]+$/.test(origin) ? parsed(origin) : undefined;
}

function parsed(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function isGuarded(api: Settings['api']): boolean {
  return api.user !== undefined && api.password !== undefined;
}

function credentials(api: Settings['api']): (authorization: string | undefined) => boolean {
  if (!isGuarded(api)) return () => true;
  const wanted = digest(`${api.user}:${api.password}`);
  return (authorization) => {
    const encoded = /^Basic +([A-Za-z0-9+/=]+)$/.exec(authorization ?? '')?.[1];
    if (encoded === undefined) return false;
    return timingSafeEqual(digest(Buffer.from(encoded, 'base64').toString('utf8')), wanted);
  };
}

/** Both sides are hashed first, so that neither content nor length shows in the time it takes. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function unauthorized(): Answer {
  return { ...empty(401), headers: { 'WWW-Authenticate': 'Basic realm="Restricted Area"' } };
}
