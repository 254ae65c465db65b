/**
 * Who may do what. In: what callers and agents show of themselves, and what operators decide about users and tokens.
 * Out: who it is with which role, which agents are served and for which names they may speak, and the record of who
 * changed what. Runs wherever the API or agents are served. Remembers hashes of secrets in the store, never a secret,
 * and for some minutes in memory who logged in. It never decides what a route needs, never answers HTTP itself, and
 * never writes a secret, or a name that was tried in vain, anywhere. Chance for secrets is the system's.
 */
export {
  type Access,
  type AccessParts,
  accessOf,
  createAgentToken,
  createGatekeeper,
  openAccess,
} from './access.ts';
export type { Audit } from './audit.ts';
export type { Identity, Recognised, Unrecognised } from './logins.ts';
export { LONGEST_PASSWORD, type ScryptCost, SHORTEST_PASSWORD } from './passwords.ts';
export { NAME_GLOB } from './patterns.ts';
export { type AgentTokenWish, type ApiTokenWish, MOST_PATTERNS, MOST_USES, type NewToken } from './tokens.ts';
