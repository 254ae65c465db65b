import type { Check } from '../model/check.ts';
import type { Client } from '../model/client.ts';
import type { Filter, Handler, Mutator } from '../model/handler.ts';
import type { Attributes } from '../model/schema.ts';
import type { ConfigProblem } from './problem.ts';

/** Everything that was configured, complete and valid: defaults filled in, so nobody else knows a default. */
export interface Settings {
  /** The client that this machine is. */
  client: Client;
  checks: ReadonlyMap<string, Check>;
  /** Checks that were left out because they are invalid, with what is wrong with each. */
  skippedChecks: ReadonlyMap<string, readonly ConfigProblem[]>;
  handlers: ReadonlyMap<string, Handler>;
  filters: ReadonlyMap<string, Filter>;
  mutators: ReadonlyMap<string, Mutator>;
  /** Modules of plugins to load: name → path or package, made absolute against the file that names it. */
  extensions: ReadonlyMap<string, string>;
  spawn: {
    /** Most commands at once, for agent and server each (`sensu.spawn.limit`). */
    limit: number;
    /** Milliseconds for a command without `timeout`; 0: for ever (`tocsin.default_timeout`, seconds). */
    defaultTimeoutMs: number;
    /** Bytes of output beyond which only head and tail are kept (`tocsin.output_limit`). */
    outputLimitBytes: number;
  };
  keepalives: {
    /** Attributes laid over every keepalive check (`sensu.keepalives`), thresholds (seconds) always among them. */
    check: Attributes & { thresholds: { warning: number; critical: number } };
  };
  api: {
    bind: string;
    port: number;
    user: string | undefined;
    password: string | undefined;
    /** Header suffix → value (`api.cors`). */
    cors: Readonly<Record<string, string>>;
  };
  store: {
    /** What a resolved commit survives: the death of the process, or loss of power (`tocsin.store.sync`). */
    sync: 'process' | 'power';
    /** Family of logs → how much is kept (`tocsin.store.logs`). */
    logs: Readonly<
      Record<'transitions' | 'deliveries' | 'days' | 'removals', { entries: number; ageMs: number }>
    >;
  };
  retention: {
    /**
     * Milliseconds after its last result at which a check that nobody runs any more is forgotten; 0: never
     * (`tocsin.retention.results`, seconds).
     */
    resultsMs: number;
  };
  /** The merged document as written, for plugins and for showing; secrets inside. */
  document: Attributes;
  /** Files it came from, in the order they were read. */
  files: readonly string[];
}
