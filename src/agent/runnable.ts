import type { Attributes } from '../model/schema.ts';

/** A check with what running it needs; every other attribute goes into its result. */
export type RunnableCheck = Attributes & {
  name: string;
  command?: string;
  extension?: string;
  /** Seconds; 0: no limit. */
  timeout?: number;
  stdin?: boolean;
  source?: string;
};
