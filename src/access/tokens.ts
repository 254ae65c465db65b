import type { AgentToken, ApiToken, Role, Token } from '../model/access.ts';
import type { Clock } from '../runtime/clock.ts';
import { TocsinError } from '../runtime/errors.ts';
import { type Registry, writing } from '../state/registry.ts';
import { update } from '../state/update.ts';
import { isValid, type Keyring } from './keyring.ts';
import { newSecret } from './secrets.ts';

/** What an API token is to be. */
export interface ApiTokenWish {
  name: string;
  role: Role;
  /** Milliseconds that it counts; missing: for ever. */
  lastsMs?: number | undefined;
}

/** What a token for agents is to be. */
export interface AgentTokenWish {
  name: string;
  /** Patterns of names of clients; missing or empty: the first names that use it. */
  clients?: readonly string[] | undefined;
  /** Patterns of names beside its own for which an agent may report. */
  sources?: readonly string[] | undefined;
  /** How many clients may use it; null: any number of those that fit `clients`. Missing: one. */
  uses?: number | null | undefined;
  /** Milliseconds in which clients may begin to use it; missing: for ever. */
  lastsMs?: number | undefined;
}

/** A token with its secret, which is shown once and kept nowhere. */
export interface NewToken<T extends Token> {
  token: T;
  secret: string;
}

interface TokenParts {
  registry: Registry;
  keyring: Keyring;
  clock: Clock;
  /** Is called when a token was made or taken back. */
  changed(): void;
}

const MOST_TOKENS = 10_000;
/** To about so many milliseconds it is known when a token was used last. */
const USED_EVERY_MS = 60_000;

export const MOST_USES = 1_000;
export const MOST_PATTERNS = 100;

/** The tokens of the API and of agents. Tokens that are taken back are kept; see `makeRoom` for how long. */
export class Tokens {
  readonly #parts: TokenParts;
  /** token → elapsed milliseconds when its use was noted last */
  readonly #noted = new Map<string, number>();
  #noting: Promise<unknown> = Promise.resolve();

  constructor(parts: TokenParts) {
    this.#parts = parts;
  }

  /**
   * @param by who asks for it
   * @throws TocsinError ACCESS_LOCKOUT when nobody could administrate any more, ACCESS_FULL, and the store's own
   */
  async addApi({ name, role, lastsMs }: ApiTokenWish, by: string | null): Promise<NewToken<ApiToken>> {
    const { keyring, clock } = this.#parts;
    if (!keyring.hasAdmin(clock.now()) && (role !== 'admin' || lastsMs !== undefined)) {
      throw new TocsinError(
        'ACCESS_LOCKOUT',
        'With the first token access control begins, and nobody could administrate: begin with a user or a token that has the role "admin" and does not expire.',
      );
    }
    const { secret, ...kept } = newSecret('api');
    return {
      secret,
      token: await this.#add({ ...kept, kind: 'api', role, ...this.#about(name, lastsMs, by) }),
    };
  }

  /**
   * @param by who asks for it
   * @throws TocsinError MESSAGE_INVALID for any number of any clients, ACCESS_FULL, and the store's own
   */
  async addAgent(wish: AgentTokenWish, by: string | null): Promise<NewToken<AgentToken>> {
    const { name, clients = [], sources = [], uses = 1, lastsMs } = wish;
    if (uses === null && clients.length === 0) {
      throw new TocsinError(
        'MESSAGE_INVALID',
        'A token for any number of clients must name them: give patterns in "clients", or a number of "uses".',
      );
    }
    const { secret, ...kept } = newSecret('agent');
    const about = this.#about(name, lastsMs, by);
    const token = await this.#add({ ...kept, kind: 'agent', clients, sources, uses, usedBy: [], ...about });
    return { secret, token };
  }

  /**
   * Takes a token back, for good.
   * @throws TocsinError NOT_FOUND, ACCESS_LOCKOUT when nobody could administrate any more, and the store's own
   */
  async revoke(id: string, by: string | null): Promise<Token> {
    const { registry, keyring, clock } = this.#parts;
    const known = keyring.tokens.get(id);
    if (!known) throw new TocsinError('NOT_FOUND', `There is no token ${id}.`);
    const nowMs = clock.now();
    if (keyring.hasAdmin(nowMs) && !keyring.hasAdmin(nowMs, { tokens: new Set([id]) })) throw lockout();
    await update(registry, 'token', [id], (token) =>
      token && token.revoked === null ? { ...token, revoked: { atMs: nowMs, by } } : 'keep',
    );
    this.#parts.changed();
    return keyring.tokens.get(id) ?? known;
  }

  /** Notes soon that a token was used; whoever uses it does not wait for that. */
  used(id: string): void {
    const { registry, clock } = this.#parts;
    const nowMs = clock.elapsed();
    const noted = this.#noted.get(id);
    if (noted !== undefined && nowMs - noted < USED_EVERY_MS) return;
    this.#noted.set(id, nowMs);
    this.#noting = this.#noting
      .then(() =>
        update(registry, 'token', [id], (token) =>
          token ? { ...token, lastUsedAtMs: Math.max(clock.now(), token.lastUsedAtMs ?? 0) } : 'keep',
        ),
      )
      // It is only told to people: a store that is away must not refuse a token because of it.
      .catch(() => this.#noted.delete(id));
  }

  /** Ends when what was used is noted. */
  async close(): Promise<void> {
    await this.#noting;
  }

  #about(name: string, lastsMs: number | undefined, by: string | null) {
    const nowMs = this.#parts.clock.now();
    const expiresAtMs = lastsMs === undefined ? null : nowMs + lastsMs;
    return { name, createdAtMs: nowMs, createdBy: by, expiresAtMs, revoked: null, lastUsedAtMs: null };
  }

  async #add<T extends Token>(token: T): Promise<T> {
    const { registry } = this.#parts;
    const forgotten = this.#makeRoom().map((id) => writing('token', id, undefined));
    await registry.store.commit([{ writes: [...forgotten, writing('token', token.id, token, 'absent')] }]);
    this.#parts.changed();
    return token;
  }

  /**
   * Names of the tokens that are forgotten for a new one: none while there is room; then those that were taken back
   * or have expired, the oldest first, but one of each kind.
   * @throws TocsinError ACCESS_FULL when all are in use
   */
  #makeRoom(): string[] {
    const { keyring, clock } = this.#parts;
    const surplus = keyring.tokens.size + 1 - MOST_TOKENS;
    if (surplus <= 0) return [];
    const kept = new Set<Token['kind']>();
    const useless = [...keyring.tokens.values()]
      .sort((left, right) => left.createdAtMs - right.createdAtMs)
      .filter((token) => {
        if (isInUse(token, clock.now()) || kept.has(token.kind)) return !isInUse(token, clock.now());
        kept.add(token.kind);
        return false;
      });
    if (useless.length < surplus) {
      throw new TocsinError('ACCESS_FULL', `There are ${MOST_TOKENS} tokens in use: revoke some of them.`);
    }
    return useless.slice(0, surplus).map(({ id }) => id);
  }
}

function isInUse(token: Token, nowMs: number): boolean {
  return (
    isValid(token, nowMs) || (token.revoked === null && token.kind === 'agent' && token.usedBy.length > 0)
  );
}

export function lockout(): TocsinError {
  return new TocsinError(
    'ACCESS_LOCKOUT',
    'Nobody could administrate any more: make another user or token with the role "admin" first, or configure api.user and api.password.',
  );
}
