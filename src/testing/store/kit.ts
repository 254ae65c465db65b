import type { Change, FeedItem, Found, LogRetention, Store, Write } from '../../store/port.ts';

/** What a case asks of the driver. */
export interface ContractOptions {
  logs: Record<string, LogRetention>;
  /** How many changes the feed keeps for followers. */
  feedItems: number;
}

/** A store over data of its own, and what a test can do to it. */
export interface OpenedStore {
  store: Store;
  /** Lets wall time and elapsed time pass, real or not. */
  elapse(ms: number): Promise<void>;
  /** Ends the store, in order or as by `kill -9`, and opens the same data again. */
  reopen(how: 'closed' | 'killed'): Promise<Store>;
  /** Opens the same data while the store is open. */
  openAnother(): Promise<Store>;
  /** From now on nothing can be made durable. */
  breakDown(): Promise<void>;
  /** Lets go of everything, data included. */
  dispose(): Promise<void>;
}

export const OPTIONS: ContractOptions = {
  logs: { short: { entries: 3, ageMs: 86_400_000 }, long: { entries: 5_000, ageMs: 3_600_000 } },
  feedItems: 64,
};

export const HOSTILE_TEXTS = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'a/b',
  'a"b\\',
  '\\',
  '\\"],["x',
  '\u0000',
  'line\nbreak,\n',
  'ünï 漢字 🎉',
  '\ud800',
  '\ud801x',
  '*?[a]',
  '%_',
  ':|-',
];

export type Must = (number: number, title: string, test: () => Promise<void>) => void;
export type Get = () => Store;
export type GetOpened = () => OpenedStore;

export const put = (kind: string, name: string, value: unknown): Write => ({ kind, name, value });
export const ref = (kind: string, name: string): { kind: string; name: string } => ({ kind, name });
export const change = (...writes: Write[]): Change => ({ writes });
export const append = (log: string, n: number, entry: unknown): Change => ({
  writes: [],
  appends: [{ log, timeMs: START_MS + n, entry }],
});
export const names = (page: { items: { name: string }[] }): string[] => page.items.map((item) => item.name);
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** Wall time with which a driver opens the store of each case, Unix milliseconds. */
export const START_MS = 1_800_000_000_000;

export async function found(store: Store, kind: string, name: string): Promise<Found> {
  const [one] = await store.get([{ kind, name }]);
  if (!one) throw new Error(`${kind} ${name} is missing`);
  return one;
}

export async function contentOf(store: Store, kind: string, name: string): Promise<unknown> {
  return (await found(store, kind, name)).value;
}

/** The next items of the feed behind a cursor. */
export async function collect(store: Store, cursor: string, count: number): Promise<FeedItem[]> {
  const ending = new AbortController();
  const items: FeedItem[] = [];
  for await (const batch of store.follow(cursor, ending.signal)) {
    items.push(...batch);
    if (items.length >= count) break;
  }
  ending.abort();
  return items;
}

export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
