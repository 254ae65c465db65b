import type { Settings } from '../config/settings.ts';
import type { Role, Token, User } from '../model/access.ts';
import type { Store } from '../store/port.ts';

/** The credentials that exist, live: the configuration of now and the committed documents. */
export class Keyring {
  readonly users: ReadonlyMap<string, User>;
  readonly tokens: ReadonlyMap<string, Token>;
  readonly #api: () => Settings['api'];
  #knownTokens = -1;
  #apiTokens = false;
  #agentTokens = false;

  /** @param api the settings of now */
  constructor(store: Store, api: () => Settings['api']) {
    this.users = live(store, 'user') as ReadonlyMap<string, User>;
    this.tokens = live(store, 'token') as ReadonlyMap<string, Token>;
    this.#api = api;
  }

  /** The user that is configured as in Sensu Core; both parts or none. */
  configured(): { user: string; password: string } | undefined {
    const { user, password } = this.#api();
    return user === undefined || password === undefined ? undefined : { user, password };
  }

  /** True when callers of the API have to say who they are. Tokens that were taken back or expired count: with the last
   * of them the door must not open. */
  hasApiCredentials(): boolean {
    if (this.users.size > 0 || this.configured() !== undefined) return true;
    this.#lookAtTokens();
    return this.#apiTokens;
  }

  /** True when agents have to show a token. */
  hasAgentCredentials(): boolean {
    if (this.hasApiCredentials()) return true;
    return this.#agentTokens;
  }

  /** True when somebody could still do everything if these users and tokens were as given instead. */
  hasAdmin(
    nowMs: number,
    instead: { users?: ReadonlyMap<string, Role | undefined>; tokens?: ReadonlySet<string> } = {},
  ): boolean {
    if (this.configured()) return true;
    const roleOf = ({ name, role }: User) => (instead.users?.has(name) ? instead.users.get(name) : role);
    for (const user of this.users.values()) if (roleOf(user) === 'admin') return true;
    for (const token of this.tokens.values()) {
      const lasts = token.expiresAtMs === null && isValid(token, nowMs) && !instead.tokens?.has(token.id);
      if (lasts && token.kind === 'api' && token.role === 'admin') return true;
    }
    return false;
  }

  /** Tokens are never deleted, so their number tells whether there are new ones. */
  #lookAtTokens(): void {
    if (this.tokens.size === this.#knownTokens) return;
    this.#knownTokens = this.tokens.size;
    const kinds = new Set(Array.from(this.tokens.values(), ({ kind }) => kind));
    this.#apiTokens = kinds.has('api');
    this.#agentTokens = kinds.has('agent');
  }
}

/** Without the documents nobody could be asked who he is, and that must not open the door. */
function live(store: Store, kind: 'user' | 'token'): ReadonlyMap<string, unknown> {
  const view = store.view(kind);
  if (!view) throw new Error(`the store "${store.name}" holds no documents in memory`);
  return view;
}

/** True for a token that was not taken back and has not expired. */
export function isValid(token: Token, nowMs: number): boolean {
  return token.revoked === null && (token.expiresAtMs === null || nowMs < token.expiresAtMs);
}
