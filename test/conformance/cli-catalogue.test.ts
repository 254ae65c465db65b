import { describe, it } from 'vitest';
import { catalogue } from './cli-catalogue.ts';

describe('what the tests of Sensu Core assert of its command line and tools', () => {
  for (const { source, line, run } of catalogue) {
    if (run) it(`${source}: ${line}`, () => run(undefined as never));
  }
});
