import type { Identity, Recognised } from '../access/index.ts';
import type { Settings } from '../config/settings.ts';
import { mayAct, type Role } from '../model/access.ts';
import { addressOf, isLoopback, isOwnName, originOf } from '../runtime/http-caller.ts';
import { type Answer, empty, refusal } from './answer.ts';
import { PREFIX } from './v1/index.ts';

/** What the gate looks at. */
export interface Caller {
  method: string;
  /** The headers `Host`, `Origin` and `Authorization`. */
  host: string | undefined;
  origin: string | undefined;
  authorization: string | undefined;
  /** Path and query: who asks for secrets must not be a page of another origin, and in v1 refusals are sentences. */
  url?: string | undefined;
  /** The address that the request came from. */
  address?: string | undefined;
  /** The role that its route names; undefined: what the method needs. */
  role?: Role | undefined;
}

/** Who may pass, or the refusal that it gets. */
export type Entry = { identity: Identity } | { refused: Answer; identity?: Identity };

/** Answers at once where it can, so that a request does not wait for a turn. */
export type Gate = (caller: Caller) => Entry | Promise<Entry>;

/** The part of access control that the gate asks. */
export interface Recogniser {
  /** True when callers have to say who they are. */
  isOn(): boolean;
  recognise(authorization: string | undefined, address: string): Recognised | Promise<Recognised>;
}

const READING = new Set(['GET', 'HEAD']);
const UNASKED: Entry = { identity: { who: null, how: 'none', role: 'read', counts: () => true } };
const RETRY_SECONDS = '10';

/**
 * Decides who may pass, by `docs/access.md`. A page that a browser was lured to must not change
 * anything here, nor read secrets: it betrays itself by its `Origin`, or by the name it made point at us (`Host`). Then
 * access control says who it is, and the role decides. `OPTIONS` always passes, as browsers ask it before anything else.
 */
export function createGate(api: Settings['api'], recogniser: Recogniser): Gate {
  const stranger = strangers(api, recogniser);
  return (caller) => {
    if (caller.method === 'OPTIONS') return UNASKED;
    const refused = stranger(caller);
    if (refused) return { refused };
    const recognised = recogniser.recognise(caller.authorization, caller.address ?? '');
    return recognised instanceof Promise
      ? recognised.then((found) => entryOf(found, caller))
      : entryOf(recognised, caller);
  };
}

/** What a request needs: what its route says, else by what it does. */
export function neededRole({ method, url, role }: Pick<Caller, 'method' | 'url' | 'role'>): Role {
  if (role !== undefined) return role;
  if (!READING.has(method)) return 'operate';
  return asksForSecrets(url) ? 'admin' : 'read';
}

function entryOf(recognised: Recognised, caller: Caller): Entry {
  if (typeof recognised === 'string') {
    const sentence = caller.url?.startsWith(PREFIX) === true;
    return { refused: recognised === 'busy' ? tooMany(sentence) : unauthorized(sentence, recognised) };
  }
  const needed = neededRole(caller);
  if (mayAct(recognised.role, needed)) return { identity: recognised };
  const sentence = `This needs the role "${needed}"; ${recognised.who ?? 'you'} has the role "${recognised.role}".`;
  return { refused: refusal(403, sentence), identity: recognised };
}

const FOREIGN_HOST = refusal(
  403,
  'This address answers only to localhost and its own name, not to this Host.',
);

function strangers(api: Settings['api'], recogniser: Recogniser): (caller: Caller) => Answer | undefined {
  const loopback = isLoopback(api.bind);
  const trusted = api.cors['Origin'];
  const isOwnPage = (origin: string, called: URL | undefined): boolean => {
    const from = originOf(origin);
    if (!from) return false;
    return loopback ? isOwnName(from.hostname, api.bind) : from.host === called?.host;
  };
  return (caller) => {
    const { method, host, origin } = caller;
    const reading = READING.has(method);
    const harmless = reading && neededRole(caller) !== 'admin';
    const called = addressOf(host);
    const isForeign = loopback && host !== undefined && !(called && isOwnName(called.hostname, api.bind));
    if (isForeign && !(reading && recogniser.isOn())) return FOREIGN_HOST;
    if (harmless || origin === undefined || (trusted !== '*' && origin === trusted)) return undefined;
    if (isOwnPage(origin, called)) return undefined;
    return refusal(
      403,
      `A page of another origin may not ${reading ? 'read secrets' : 'change anything'} here.`,
    );
  };
}

function asksForSecrets(url = ''): boolean {
  return url.startsWith('/settings?') && url.includes('redacted=false');
}

function unauthorized(sentence: boolean, why: 'nothing' | 'wrong'): Answer {
  const headers = { 'WWW-Authenticate': 'Basic realm="Restricted Area"' };
  if (!sentence) return { ...empty(401), headers };
  const told =
    why === 'nothing'
      ? 'Say who you are: a token as Bearer, or a name and a password.'
      : 'The name, password or token is wrong, was revoked or has expired.';
  return { ...refusal(401, told), headers };
}

function tooMany(sentence: boolean): Answer {
  const headers = { 'Retry-After': RETRY_SECONDS };
  const told = 'Too many failed logins came from this address; try again later.';
  return { ...(sentence ? refusal(429, told) : empty(429)), headers };
}
