import type { AgentToken, Token } from '../model/access.ts';
import { isName } from '../model/names.ts';
import { type Clock, type Timer, unixSeconds } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import { errorText } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { ClientState } from '../state/documents.ts';
import type { Registry } from '../state/registry.ts';
import { update } from '../state/update.ts';
import type { Admitted, Claim, Gatekeeper } from '../transport/gatekeeper.ts';
import type { Audit } from './audit.ts';
import { isValid, type Keyring } from './keyring.ts';
import { fitsAny } from './patterns.ts';
import { isSecretOf, readSecret } from './secrets.ts';

export interface GatekeeperParts {
  keyring: Keyring;
  registry: Registry;
  audit: Audit;
  clock: Clock;
  counters: Counters;
  log: Log;
  /** Is told the token that was used. */
  used(tokenId: string): void;
}

/** Milliseconds after which the right of agents that are connected is looked at again. */
const LOOK_EVERY_MS = 5_000;

/** Why an agent was let in: by this token, by its certificate, or because nobody has to say who it is. */
type Right = { how: 'token'; id: string } | { how: 'certificate' } | { how: 'none' };

/** An agent that was let in. */
class AdmittedAgent implements Admitted {
  readonly client: string;
  readonly address: string;
  readonly right: Right;
  readonly #sources: readonly string[];
  readonly #isServer: (name: string) => boolean;
  readonly #controller = new AbortController();

  constructor(claim: Claim, right: Right, sources: readonly string[], isServer: (name: string) => boolean) {
    this.client = claim.client;
    this.address = claim.address;
    this.right = right;
    this.#sources = sources;
    this.#isServer = isServer;
  }

  get revoked(): AbortSignal {
    return this.#controller.signal;
  }

  speaksFor(name: string): boolean {
    return name === this.client || (fitsAny(name, this.#sources) && !this.#isServer(name));
  }

  end(): void {
    this.#controller.abort();
  }
}

/**
 * Decides which agents are served, by their tokens; without any credential in this Tocsin, whoever reaches the port is
 * let in, as with the API. It looks again at those that are connected: at once when a token is taken back here, within
 * seconds when that happens elsewhere.
 */
export class TokenGatekeeper implements Gatekeeper {
  readonly #parts: GatekeeperParts;
  /** Nobody tells when an agent leaves, so it is not held. */
  readonly #admitted = new Set<WeakRef<AdmittedAgent>>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(parts: GatekeeperParts) {
    this.#parts = parts;
  }

  async admit(claim: Claim): Promise<Admitted | { refused: string }> {
    const { counters, audit, log } = this.#parts;
    try {
      const admitted = await this.#judge(claim);
      if (typeof admitted !== 'string') return this.#keep(admitted);
      counters.increment('agents_refused');
      audit.recordSeldom(claim.address, `refused ${admitted}`, {
        ...{ who: null, how: 'none', address: claim.address, what: 'agent refused' },
        ...{ target: isName(claim.client) ? `client=${claim.client}` : '', result: admitted },
      });
      return { refused: admitted };
    } catch (error) {
      log.error('an agent could not be judged', { address: claim.address, error: errorText(error) });
      return { refused: 'The server cannot look at tokens now; try again in a moment.' };
    }
  }

  offended(agent: Admitted, what: string): void {
    const { counters, audit } = this.#parts;
    counters.increment('agents_offended');
    audit.recordSeldom(agent.client, `offended ${what}`, {
      ...{ who: `agent:${agent.client}`, what: 'agent offended', target: '', result: what },
      ...(agent instanceof AdmittedAgent
        ? { how: agent.right.how, address: agent.address }
        : { how: 'none', address: null }),
    });
  }

  strange(address: string, why: string): void {
    this.#parts.audit.recordSeldom(address, `strange ${why}`, {
      ...{ who: null, how: 'none', address, what: 'agent refused', target: '', result: why },
    });
  }

  /** Cuts off agents whose right has ended. */
  look(): void {
    const { keyring, clock } = this.#parts;
    for (const reference of this.#admitted) {
      const agent = reference.deref();
      if (agent && this.#stillMay(agent, keyring, clock.now())) continue;
      this.#admitted.delete(reference);
      agent?.end();
    }
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #stillMay({ client, right }: AdmittedAgent, keyring: Keyring, nowMs: number): boolean {
    if (right.how === 'certificate') return true;
    if (right.how === 'none') return !keyring.hasAgentCredentials();
    const token = keyring.tokens.get(right.id);
    return token?.kind === 'agent' && (isTheirs(token, client) || isValid(token, nowMs));
  }

  #keep(agent: AdmittedAgent): AdmittedAgent {
    this.#admitted.add(new WeakRef(agent));
    if (!this.#timer && !this.#closed) this.#lookLater();
    return agent;
  }

  #lookLater(): void {
    this.#timer = this.#parts.clock.after(LOOK_EVERY_MS, () => {
      this.look();
      if (this.#admitted.size > 0) this.#lookLater();
      else this.#timer = undefined;
    });
  }

  /** The agent, or in a sentence why not. */
  async #judge(claim: Claim): Promise<AdmittedAgent | string> {
    const { client, token: secret, certificateNames } = claim;
    if (!isName(client))
      return 'The name of the client is none: letters, digits, "_", "." and "-" are possible.';
    if (this.#isServer(client))
      return 'A server reports about itself under this name: choose another client.name.';
    if (secret !== undefined) return this.#byToken(claim, secret);
    if (certificateNames?.includes(client)) return this.#agent(claim, { how: 'certificate' }, []);
    if (!this.#parts.keyring.hasAgentCredentials()) return this.#agent(claim, { how: 'none' }, ['*']);
    return 'This server asks agents for a token: run "tocsin join" on it, and the line that it prints here.';
  }

  /** Whether a server reports about itself under a name: whoever had it could say that all is well. */
  readonly #isServer = (name: string): boolean => {
    const known = this.#parts.registry.store.view('client')?.get(name) as ClientState | undefined;
    return known?.self === true;
  };

  #agent(claim: Claim, right: Right, sources: readonly string[]): AdmittedAgent {
    return new AdmittedAgent(claim, right, sources, this.#isServer);
  }

  async #byToken(claim: Claim, secret: string): Promise<AdmittedAgent | string> {
    const { keyring, clock, used } = this.#parts;
    const { client } = claim;
    const token = keyring.tokens.get(readSecret(secret)?.id ?? '');
    if (token?.kind !== 'agent' || !isSecretOf(secret, token.digest)) {
      return 'The token is not known here: run "tocsin join" on this server for a new one.';
    }
    const refused = whyNot(token, client, clock.now());
    if (refused !== undefined) return refused;
    if (token.uses !== null && !isTheirs(token, client)) {
      const told = await this.#enrol(token.id, claim);
      if (told !== undefined) return told;
    }
    used(token.id);
    return this.#agent(claim, { how: 'token', id: token.id }, token.sources);
  }

  /** Notes that the token is this client's from now on; of two that come at the same time, one may be too late. */
  async #enrol(id: string, { client, address }: Claim): Promise<string | undefined> {
    const { registry, clock, audit } = this.#parts;
    let refused: string | undefined;
    let name = '';
    await update(registry, 'token', [id], (token): Token | 'keep' | undefined => {
      if (token?.kind !== 'agent') return 'keep';
      name = token.name;
      refused = whyNot(token, client, clock.now());
      if (refused !== undefined || isTheirs(token, client)) return 'keep';
      return { ...token, usedBy: [...token.usedBy, client] };
    });
    if (refused === undefined) {
      await audit.record({
        ...{ who: `agent:${client}`, how: 'token', address, what: 'agent enrolled' },
        ...{ target: `token=${id} name=${name}`, result: 'done' },
      });
    }
    return refused;
  }
}

/** True when a client has used a token and it was not taken back: what is past its time then binds only others. */
function isTheirs(token: AgentToken, client: string): boolean {
  return token.revoked === null && token.usedBy.includes(client);
}

/** Why a client may not use a token whose secret it knows; undefined when it may. */
function whyNot(token: AgentToken, client: string, nowMs: number): string | undefined {
  if (token.revoked !== null) return 'The token was revoked: run "tocsin join" on the server for a new one.';
  if (isTheirs(token, client)) return undefined;
  if (token.expiresAtMs !== null && nowMs >= token.expiresAtMs) {
    const atSeconds = unixSeconds({ now: () => token.expiresAtMs ?? 0 });
    return `The token has expired (Unix time ${atSeconds}): run "tocsin join" on the server for a new one.`;
  }
  if (token.clients.length > 0 && !fitsAny(client, token.clients)) {
    return `The token is not for a client ${client}: it is for ${token.clients.join(', ')}.`;
  }
  if (token.uses !== null && token.usedBy.length >= token.uses) {
    return token.uses === 1
      ? `The token is used by client ${token.usedBy[0]}: another machine needs one of its own, from "tocsin join".`
      : `The token was for ${token.uses} clients, and as many use it: run "tocsin join" on the server for a new one.`;
  }
  return undefined;
}
