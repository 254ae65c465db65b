import type { Role, User } from '../model/access.ts';
import { isName } from '../model/names.ts';
import type { Clock } from '../runtime/clock.ts';
import { TocsinError } from '../runtime/errors.ts';
import { type Registry, writing } from '../state/registry.ts';
import { update } from '../state/update.ts';
import type { Keyring } from './keyring.ts';
import { LONGEST_PASSWORD, type Passwords, SHORTEST_PASSWORD } from './passwords.ts';
import { lockout } from './tokens.ts';

interface UserParts {
  registry: Registry;
  keyring: Keyring;
  passwords: Passwords;
  clock: Clock;
  /** Is called when there is one more user. */
  changed(): void;
}

const MOST_USERS = 1_000;

/** Those who log in with a name and a password. */
export class Users {
  readonly #parts: UserParts;

  constructor(parts: UserParts) {
    this.#parts = parts;
  }

  /**
   * @param by who asks for it
   * @throws TocsinError MESSAGE_INVALID, ACCESS_TAKEN, ACCESS_FULL, ACCESS_LOCKOUT when it would be the first
   *   credential and no admin, and the store's own
   */
  async add(name: string, role: Role, password: string, by: string | null): Promise<User> {
    const { keyring, passwords, clock, registry } = this.#parts;
    checkName(name);
    checkPassword(password);
    if (role !== 'admin' && !keyring.hasAdmin(clock.now())) {
      throw new TocsinError(
        'ACCESS_LOCKOUT',
        'With the first user access control begins, and nobody could administrate: begin with one that has the role "admin".',
      );
    }
    if (keyring.users.size >= MOST_USERS) {
      throw new TocsinError('ACCESS_FULL', `There are ${MOST_USERS} users: remove some of them.`);
    }
    const isTaken = (): boolean => keyring.users.has(name) || keyring.configured()?.user === name;
    if (isTaken()) throw taken(name);
    const hash = await passwords.hash(password);
    const user: User = { name, role, password: hash, createdAtMs: clock.now(), createdBy: by };
    const { conflicts } = await registry.store.commit([{ writes: [writing('user', name, user, 'absent')] }]);
    if (conflicts.length > 0) throw taken(name);
    this.#parts.changed();
    return user;
  }

  /**
   * Gives a user another password, another role, or both.
   * @throws TocsinError NOT_FOUND, MESSAGE_INVALID, ACCESS_LOCKOUT when nobody could administrate any more, and the
   *   store's own
   */
  async change(
    name: string,
    { role, password }: { role?: Role | undefined; password?: string | undefined },
  ): Promise<User> {
    const { keyring, passwords, registry } = this.#parts;
    if (password !== undefined) checkPassword(password);
    this.#demand(name, role);
    const hash = password === undefined ? undefined : await passwords.hash(password);
    await update(registry, 'user', [name], (user) => {
      if (!user) return 'keep';
      if (role !== undefined) this.#demand(name, role);
      return { ...user, role: role ?? user.role, password: hash ?? user.password };
    });
    const changed = keyring.users.get(name);
    if (!changed) throw unknown(name);
    return changed;
  }

  /** @throws TocsinError NOT_FOUND, ACCESS_LOCKOUT when nobody could administrate any more, and the store's own */
  async remove(name: string): Promise<void> {
    this.#demand(name, null);
    await update(this.#parts.registry, 'user', [name], () => {
      this.#demand(name, null);
      return undefined;
    });
  }

  /** Throws when there is no such user, or when nobody could administrate with this role of it (null: without it). */
  #demand(name: string, role: Role | null | undefined): void {
    const { keyring, clock } = this.#parts;
    if (!keyring.users.has(name)) throw unknown(name);
    if (role === undefined) return;
    const nowMs = clock.now();
    const users = new Map([[name, role ?? undefined]]);
    if (keyring.hasAdmin(nowMs) && !keyring.hasAdmin(nowMs, { users })) throw lockout();
  }
}

function checkName(name: string): void {
  if (isName(name)) return;
  throw new TocsinError('MESSAGE_INVALID', 'A user has a name of letters, digits, "_", "." and "-".');
}

function checkPassword(password: string): void {
  if (password.length >= SHORTEST_PASSWORD && password.length <= LONGEST_PASSWORD) return;
  const bounds = `${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters`;
  throw new TocsinError('MESSAGE_INVALID', `A password has ${bounds}; this one has ${password.length}.`);
}

function taken(name: string): TocsinError {
  return new TocsinError('ACCESS_TAKEN', `There is a user ${name} already; choose another name.`);
}

function unknown(name: string): TocsinError {
  return new TocsinError('NOT_FOUND', `There is no user ${name}.`);
}
