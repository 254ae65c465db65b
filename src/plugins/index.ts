/**
 * The checks, filters, mutators and handlers that come with Tocsin, each a file that anybody could have written: it
 * imports `../plugin.ts` and what several of them share here. In comes a plugin's options, which its schema has passed, and
 * the request or event; out goes an outcome, a text or a line for the log. Checks run in the agent's process,
 * filters, mutators and handlers in the server's. They remember nothing between two runs, keep no connection, read no clock
 * of their own, and never tell a password or key that their options hold.
 */
import type { Plugin } from '../plugin.ts';
import { debug } from './debug.ts';
import { disk } from './disk.ts';
import { dns } from './dns.ts';
import { fileAge } from './file-age.ts';
import { heartbeat } from './heartbeat.ts';
import { http } from './http.ts';
import { json } from './json.ts';
import { load } from './load.ts';
import { mail } from './mail.ts';
import { memory } from './memory.ts';
import { occurrences } from './occurrences.ts';
import { onlyCheckOutput } from './only-check-output.ts';
import { processCheck } from './process.ts';
import { rubyHash } from './ruby-hash.ts';
import { tcp } from './tcp.ts';
import { tlsCertificate } from './tls-certificate.ts';
import { webhook } from './webhook.ts';

/** Every built-in plugin. */
export const builtInPlugins: readonly Plugin[] = [
  disk,
  memory,
  load,
  processCheck,
  fileAge,
  http,
  tcp,
  tlsCertificate,
  dns,
  heartbeat,
  json,
  onlyCheckOutput,
  rubyHash,
  occurrences,
  webhook,
  mail,
  debug,
];
