import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** How much work one guess of a password is: scrypt's N as a power of two, r and p. (RFC 7914.) */
export interface ScryptCost {
  log2N: number;
  r: number;
  p: number;
}

/** About a quarter of a second and 32 MB: little for one who logs in, much for one who guesses. */
export const SCRYPT_COST: ScryptCost = { log2N: 15, r: 8, p: 3 };
export const SHORTEST_PASSWORD = 12;
export const LONGEST_PASSWORD = 1_000;

const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Each takes 32 MB and a thread that files need as well. */
const AT_ONCE = 2;
const MOST_WAITING = 20;

/** Hashes passwords for keeping and compares them; few at a time, so that guessing costs the guesser. */
export class Passwords {
  readonly #cost: ScryptCost;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #nobody: Promise<string> | undefined;

  constructor(cost: ScryptCost = SCRYPT_COST) {
    this.#cost = cost;
  }

  /** True when so many wait that another one would wait too long. */
  get isBusy(): boolean {
    return this.#waiting.length >= MOST_WAITING;
  }

  /** What is kept of a password: `scrypt:<log2 N>:<r>:<p>:<salt>:<hash>`, the last two base64url. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const hash = await this.#derive(password, salt, this.#cost);
    const { log2N, r, p } = this.#cost;
    return ['scrypt', log2N, r, p, salt.toString('base64url'), hash.toString('base64url')].join(':');
  }

  /**
   * Whether a password is the one that was kept, in a time that does not tell. Without one that was kept it is compared
   * with nobody's, so that names which exist cannot be told from names which do not.
   */
  async isRight(password: string, kept: string | undefined): Promise<boolean> {
    if (kept === undefined) {
      this.#nobody ??= this.hash(randomBytes(HASH_BYTES).toString('hex'));
      await this.isRight(password, await this.#nobody);
      return false;
    }
    const [scheme, log2N, r, p, salt = '', hash = ''] = kept.split(':');
    const wanted = Buffer.from(hash, 'base64url');
    if (scheme !== 'scrypt' || wanted.length !== HASH_BYTES) return false;
    const cost = { log2N: Number(log2N), r: Number(r), p: Number(p) };
    return timingSafeEqual(await this.#derive(password, Buffer.from(salt, 'base64url'), cost), wanted);
  }

  async #derive(password: string, salt: Buffer, { log2N, r, p }: ScryptCost): Promise<Buffer> {
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      const N = 2 ** log2N;
      const options = { N, r, p, maxmem: 256 * N * r };
      return await new Promise<Buffer>((resolve, reject) => {
        scrypt(password.normalize('NFC'), salt, HASH_BYTES, options, (error, key) =>
          error ? reject(error) : resolve(key),
        );
      });
    } finally {
      // The place is handed over, or given up when nobody waits for it.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
