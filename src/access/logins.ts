import { createHmac, randomBytes } from 'node:crypto';
import type { Role, User } from '../model/access.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import { basicCredentials, bearerToken, sameText, splitCredentials } from '../runtime/http-caller.ts';
import type { Audit } from './audit.ts';
import { isValid, type Keyring } from './keyring.ts';
import type { Passwords } from './passwords.ts';
import { isSecretOf, readSecret } from './secrets.ts';
import { Slowing } from './slowing.ts';

/** Who asks, as far as that is known. */
export interface Identity {
  /** For records: the name of a user, `token:<name>`; null: nobody has to say who it is. */
  who: string | null;
  how: 'password' | 'token' | 'none';
  role: Role;
  /** False once it was taken back, changed or has expired: what lasts longer than a request looks again. */
  counts(): boolean;
}

/** Why nobody was recognised: nothing was said, it is wrong, or there were too many attempts to judge another one. */
export type Unrecognised = 'nothing' | 'wrong' | 'busy';

export type Recognised = Identity | Unrecognised;

interface LoginParts {
  keyring: Keyring;
  passwords: Passwords;
  audit: Audit;
  clock: Clock;
  counters: Counters;
  /** Is told the token that was used. */
  used(tokenId: string): void;
}

/** What was found right a moment ago. */
interface Remembered {
  identity: Identity;
  /** Whose password it was; it counts as long as this is what is kept. */
  source: User | { user: string; password: string };
  untilMs: number;
}

const REMEMBER_MS = 300_000;
const MOST_REMEMBERED = 1_000;

/**
 * Recognises callers of the API by what they send in `Authorization`: a token as Bearer, or as the password of Basic for
 * programs that know nothing else; or a name and a password. A password that was right is remembered for minutes as
 * a keyed digest together with the address it came from, so it is not worked out anew for each request.
 */
export class Logins {
  readonly #parts: LoginParts;
  readonly #slowing: Slowing;
  readonly #anybody: Identity;
  readonly #key = randomBytes(32);
  readonly #remembered = new Map<string, Remembered>();
  /** Logins under way: many requests at once of one caller are one login. */
  readonly #open = new Map<string, Promise<Recognised>>();

  constructor(parts: LoginParts) {
    this.#parts = parts;
    this.#slowing = new Slowing(parts.clock);
    this.#anybody = { who: null, how: 'none', role: 'admin', counts: () => !this.isOn() };
  }

  /** True when callers of the API have to say who they are. */
  isOn(): boolean {
    return this.#parts.keyring.hasApiCredentials();
  }

  /** Answers at once where it can: always for tokens and for passwords that were right a moment ago. */
  recognise(authorization: string | undefined, address: string): Recognised | Promise<Recognised> {
    if (!this.isOn()) return this.#anybody;
    if (authorization === undefined) return 'nothing';
    const bearer = bearerToken(authorization);
    const byBearer = bearer === undefined ? undefined : this.#byToken(bearer);
    if (byBearer) return byBearer;
    const key = createHmac('sha256', this.#key).update(`${address}\n${authorization}`).digest('base64');
    const known = this.#recall(key);
    if (known) return known;
    const given = readAuthorization(authorization);
    const byPassword = given && readSecret(given.password) ? this.#byToken(given.password) : undefined;
    if (byPassword) return byPassword;
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    const login = this.#judge(key, given, address).finally(() => this.#open.delete(key));
    this.#open.set(key, login);
    return login;
  }

  #byToken(secret: string): Identity | undefined {
    const { keyring, clock, used } = this.#parts;
    const token = keyring.tokens.get(readSecret(secret)?.id ?? '');
    if (token?.kind !== 'api' || !isSecretOf(secret, token.digest) || !isValid(token, clock.now())) {
      return undefined;
    }
    used(token.id);
    const counts = (): boolean => {
      const now = keyring.tokens.get(token.id);
      return now !== undefined && isValid(now, clock.now());
    };
    return { who: `token:${token.name}`, how: 'token', role: token.role, counts };
  }

  #recall(key: string): Identity | undefined {
    const known = this.#remembered.get(key);
    if (!known) return undefined;
    if (this.#parts.clock.elapsed() < known.untilMs && this.#stillIs(known.source)) return known.identity;
    this.#remembered.delete(key);
    return undefined;
  }

  #stillIs(source: Remembered['source']): boolean {
    const { keyring } = this.#parts;
    if ('role' in source) {
      return keyring.users.get(source.name) === source && keyring.configured()?.user !== source.name;
    }
    const configured = keyring.configured();
    return configured?.user === source.user && configured.password === source.password;
  }

  async #judge(key: string, given: Given | undefined, address: string): Promise<Recognised> {
    const { clock, counters, passwords } = this.#parts;
    const waitMs = this.#slowing.turn(address);
    if (waitMs === undefined) {
      counters.increment('logins_refused');
      return 'busy';
    }
    let right = false;
    try {
      if (waitMs > 0) await sleep(clock, waitMs);
      if (passwords.isBusy) return 'busy';
      const source = given && (await this.#sourceOf(given));
      if (!source) return this.#refuse(address);
      right = true;
      return this.#remember(key, source);
    } finally {
      this.#slowing.ended(address, right);
    }
  }

  /** Whose name and password these are. */
  async #sourceOf({ name, password }: Given): Promise<Remembered['source'] | undefined> {
    const { keyring, passwords } = this.#parts;
    const configured = keyring.configured();
    if (configured && sameText(name, configured.user)) {
      if (sameText(password, configured.password)) return configured;
      // A name that is answered at once when the password is wrong would be told from names that do not exist.
      await passwords.isRight(password, undefined);
      return undefined;
    }
    const user = keyring.users.get(name);
    const right = await passwords.isRight(password, user?.password);
    // It may have been changed or removed meanwhile.
    return right && user !== undefined && keyring.users.get(name) === user ? user : undefined;
  }

  #remember(key: string, source: Remembered['source']): Identity {
    const counts = (): boolean => this.#stillIs(source);
    const identity: Identity =
      'role' in source
        ? { who: source.name, how: 'password', role: source.role, counts }
        : { who: source.user, how: 'password', role: 'admin', counts };
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= MOST_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    this.#remembered.set(key, { identity, source, untilMs: this.#parts.clock.elapsed() + REMEMBER_MS });
    return identity;
  }

  /** The name that was tried is not recorded: people type their password there. */
  #refuse(address: string): Unrecognised {
    const { audit, counters } = this.#parts;
    counters.increment('logins_refused');
    audit.recordSeldom(address, 'login', {
      ...{ who: null, how: 'none', address, what: 'login refused', target: '' },
      result: 'wrong name, password or token; further ones within the hour are counted in logins_refused',
    });
    return 'wrong';
  }
}

interface Given {
  name: string;
  password: string;
}

/** Sensu Core wrote the scheme this way, and so do its tools. */
function readAuthorization(authorization: string): Given | undefined {
  const credentials = authorization.startsWith('Basic ') ? basicCredentials(authorization) : undefined;
  return credentials === undefined ? undefined : splitCredentials(credentials);
}
