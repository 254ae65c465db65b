import { afterAll, beforeAll, describe, it } from 'vitest';
import { type CatalogueWorld, startCatalogueWorld } from './catalogue-world.ts';
import { catalogue } from './client-catalogue.ts';

describe('what the tests of Sensu Core assert of its client', () => {
  let world: CatalogueWorld;
  beforeAll(async () => {
    world = await startCatalogueWorld();
  });
  afterAll(() => world.stop());

  for (const { source, line, run } of catalogue) {
    if (run) it(`${source}: ${line}`, () => run(world));
  }
});
