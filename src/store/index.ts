/**
 * The store: documents by kind and name, bounded logs, leases, and the feed of changes. In come batches of changes
 * that were decided elsewhere; out go documents, pages, log entries, and every change in its order. It runs in a
 * server's process; `embedded` keeps everything in memory and on disk, and needs no other service. It remembers what
 * was committed, for as long as its logs' retention says. It never looks into a document and never decides anything
 * but who came first. `docs/store.md` is the contract.
 */
export { copyStore, inspectStore, restoreStore, type StoreFileFacts } from './embedded/copies.ts';
export { type EmbeddedStoreOptions, openEmbeddedStore } from './embedded/store.ts';
export type {
  Append,
  Change,
  Committed,
  FeedItem,
  Found,
  FoundNamed,
  Lease,
  LogEntry,
  LogRetention,
  Page,
  PageOptions,
  Ref,
  Revision,
  Store,
  Write,
} from './port.ts';
