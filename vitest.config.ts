import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // What an outsider's module imports; here it is the source, since nothing is built for tests.
  resolve: { alias: { 'tocsin/plugin': fileURLToPath(new URL('src/plugin.ts', import.meta.url)) } },
  test: {
    pool: 'threads',
    isolate: false,
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    setupFiles: ['test/seed.ts'],
    reporters: ['default'],
  },
});
