import type { Settings } from '../config/settings.ts';
import type { AgentToken } from '../model/access.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import type { Log } from '../runtime/log.ts';
import type { Registry } from '../state/registry.ts';
import type { Store } from '../store/port.ts';
import type { Gatekeeper } from '../transport/gatekeeper.ts';
import { Audit } from './audit.ts';
import { TokenGatekeeper } from './gatekeeper.ts';
import { Keyring } from './keyring.ts';
import { Logins } from './logins.ts';
import { Passwords, type ScryptCost } from './passwords.ts';
import { type AgentTokenWish, type NewToken, Tokens } from './tokens.ts';
import { Users } from './users.ts';

export interface AccessParts {
  registry: Registry;
  clock: Clock;
  log: Log;
  counters: Counters;
  /** `Settings.api` of now: its user and password are those of an admin. */
  api(): Settings['api'];
  /** Tests make it small. */
  scryptCost?: ScryptCost | undefined;
}

/** Everything that decides who may do what, over one store. One process has one. */
export interface Access {
  readonly keyring: Keyring;
  readonly logins: Logins;
  readonly users: Users;
  readonly tokens: Tokens;
  readonly audit: Audit;
  /** Which agents are served; see `createGatekeeper`. */
  readonly gatekeeper: TokenGatekeeper;
  /** Ends when what is to be recorded is written. The store closes after it. */
  close(): Promise<void>;
}

/** Reads at once what the store holds, and follows it. */
export function openAccess(parts: AccessParts): Access {
  const { registry } = parts;
  const keyring = new Keyring(registry.store, parts.api);
  const passwords = new Passwords(parts.scryptCost);
  const audit = new Audit(parts);
  const changed = (): void => gatekeeper.look();
  const tokens = new Tokens({ ...parts, keyring, changed });
  const used = (id: string): void => tokens.used(id);
  const gatekeeper = new TokenGatekeeper({ ...parts, keyring, audit, used });
  return {
    ...{ keyring, tokens, audit, gatekeeper },
    users: new Users({ ...parts, keyring, passwords, changed }),
    logins: new Logins({ ...parts, keyring, passwords, audit, used }),
    async close() {
      gatekeeper.close();
      await tokens.close();
      await audit.close();
    },
  };
}

/** The one who decides which agents the transports of this process serve. */
export function createGatekeeper({ gatekeeper }: Access): Gatekeeper {
  return gatekeeper;
}

/**
 * Makes a token with which agents connect, for `tocsin join`.
 * @param by who asks for it; null: nobody had to say who it is
 * @throws TocsinError MESSAGE_INVALID, ACCESS_FULL, and the store's own
 */
export function createAgentToken(
  { tokens }: Access,
  wish: AgentTokenWish,
  by: string | null,
): Promise<NewToken<AgentToken>> {
  return tokens.addAgent(wish, by);
}

/** Whether callers of the API have to say who they are, and whether agents have to. */
export function accessOf(store: Store, api: Settings['api']): { api: boolean; agents: boolean } {
  const keyring = new Keyring(store, () => api);
  return { api: keyring.hasApiCredentials(), agents: keyring.hasAgentCredentials() };
}
