/** What somebody may do, from the least to the most; each role may do all that those before it may. */
export const ROLES = ['read', 'operate', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** True when a role is enough for what needs another. */
export function mayAct(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Somebody who logs in with a name and a password. Kind `user`, named like the user. */
export interface User {
  name: string;
  role: Role;
  /** The password as `access/passwords.ts` keeps it; it cannot be read back. */
  password: string;
  createdAtMs: number;
  /** Who made it; null: somebody while access control was off. */
  createdBy: string | null;
}

interface TokenBase {
  /** Public part of the secret, and the name of the document. */
  id: string;
  /** What it is for, in somebody's words. */
  name: string;
  /** SHA-256 of the whole secret, hexadecimal. The secret itself is kept nowhere. */
  digest: string;
  createdAtMs: number;
  createdBy: string | null;
  /** Unix milliseconds from which it counts no more; null: it does not expire. */
  expiresAtMs: number | null;
  /** It was taken back, for good, and by whom. Such a token is kept, so that the door does not open again. */
  revoked: { atMs: number; by: string | null } | null;
  /** Unix milliseconds, to about a minute; null: nobody has used it. */
  lastUsedAtMs: number | null;
}

/** Lets a program use the API. Kind `token`. */
export interface ApiToken extends TokenBase {
  kind: 'api';
  role: Role;
}

/** Lets agents connect. Kind `token`. */
export interface AgentToken extends TokenBase {
  kind: 'agent';
  /** Patterns with `*` that names of clients must fit; empty: any, as long as there are uses left. */
  clients: readonly string[];
  /** Patterns of the names beside its own for which an agent may report, as `source`. */
  sources: readonly string[];
  /** How many different clients may use it; null: any number of those that fit `clients`. */
  uses: number | null;
  /** Clients that have used it, while they are counted: it stays theirs. */
  usedBy: readonly string[];
}

export type Token = ApiToken | AgentToken;

/** One line of the record of who did what. */
export interface AuditEntry {
  /** Unix seconds. */
  timestamp: number;
  /** A user, `token:<name>`, `agent:<client>`; null: nobody had to say who it is. */
  who: string | null;
  /** How it said who it is. */
  how: 'password' | 'token' | 'certificate' | 'none';
  /** The address it came from; null: this process itself. */
  address: string | null;
  /** What was asked for, like `POST /silenced`, or what happened, like `login refused`. */
  what: string;
  /** To what, like `client=web-1 check=disk`; empty: it says itself. */
  target: string;
  /** What became of it: the status of the answer, or a sentence. */
  result: string;
}
