import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/** Most of what passes through the thread is short-lived text; a small nursery keeps it from filling memory. */
const resourceLimits = { maxYoungGenerationSizeMb: 16 };

/**
 * Starts a thread for SQLite, which is synchronous: `worker` writes the file of an open store, `file-worker` looks after
 * files at rest. From built code it is plain JavaScript. From source it is TypeScript, which
 * Node 20 reads only with the loader of `tsx`, a tool of development that is registered inside the thread first.
 */
export function startThread(workerData: object, name: 'worker' | 'file-worker' = 'worker'): Worker {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const entry = new URL(`./${name}${extension}`, import.meta.url);
  const readsTypeScript = 'typescript' in process.features && process.features.typescript !== false;
  if (extension !== '.ts' || readsTypeScript)
    return new Worker(entry, { workerData, execArgv: [], resourceLimits });
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx'));
  const register = new URL('./esm/api/index.mjs', tsx).href;
  const load = `import(${JSON.stringify(register)}).then((tsx) => { tsx.register(); return import(${JSON.stringify(entry.href)}); })`;
  return new Worker(load, { eval: true, workerData, execArgv: [], resourceLimits });
}
