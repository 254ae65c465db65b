/** Chance as it is handed to every part. */
export interface Random {
  /** A UUID, version 4. */
  uuid(): string;
  /** A number from 0 up to, not including, 1. */
  number(): number;
}
