import { describe, it } from 'vitest';
import { catalogue } from './companions-catalogue.ts';

describe('what the tests of Sensu Core assert of the libraries beside it', () => {
  for (const { source, line, run } of catalogue) {
    if (run) it(`${source}: ${line}`, () => run(undefined as never));
  }
});
