import { afterAll, beforeAll, beforeEach, describe, it } from 'vitest';
import { catalogue } from './api-catalogue.ts';
import { type ApiWorld, startApiWorld } from './api-world.ts';

describe('what the tests of Sensu Core assert of its API', () => {
  let world: ApiWorld;
  beforeAll(async () => {
    world = await startApiWorld();
  });
  beforeEach(() => world.clear());
  afterAll(() => world.stop());

  for (const { source, line, run } of catalogue) {
    if (run) it(`${source}: ${line}`, () => run(world));
  }
});
