import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // What an outsider's module imports; here it is the source, since nothing is built for tests.
  resolve: { alias: { 'tocsin/plugin': fileURLToPath(new URL('src/plugin.ts', import.meta.url)) } },
  test: {
    pool: 'threads',
    isolate: false,
    // Most of the long tests wait for processes; one worker would leave a machine of two cores idle half of the time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    setupFiles: ['test/seed.ts'],
    reporters: ['default'],
  },
});
