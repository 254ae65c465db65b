import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Token } from '../model/access.ts';
import { digestOf } from '../runtime/http-caller.ts';

/** A secret as it is handed out once, and what is kept of it. */
export interface NewSecret {
  id: string;
  secret: string;
  digest: string;
}

const SECRET = /^tocsin_(api|agent)_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/;
const SECRET_BYTES = 32;
const ID_BYTES = 6;

/**
 * Makes a secret: `tocsin_<kind>_<id>_<256 random bits>`. Its beginning lets programs that look for leaked secrets
 * find it, and the id lets us find what is kept of it. Chance is the system's and not handed in: a secret that a seed
 * could repeat would be none.
 */
export function newSecret(kind: Token['kind']): NewSecret {
  const id = randomBytes(ID_BYTES).toString('hex');
  const secret = `tocsin_${kind}_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { id, secret, digest: digestOf(secret).toString('hex') };
}

/** Kind and id in a secret; undefined for text that cannot be one. */
export function readSecret(secret: string): { kind: Token['kind']; id: string } | undefined {
  const [, kind, id] = SECRET.exec(secret) ?? [];
  return (kind === 'api' || kind === 'agent') && id !== undefined ? { kind, id } : undefined;
}

/** Whether a secret is the one whose digest was kept; the time it takes does not tell how near it was. */
export function isSecretOf(secret: string, digest: string): boolean {
  const kept = Buffer.from(digest, 'hex');
  const given = digestOf(secret);
  return kept.length === given.length && timingSafeEqual(kept, given);
}
