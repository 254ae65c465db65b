/**
 * One line of the list of what Sensu Core's own tests assert, in our words, with what holds Tocsin to it: a test of
 * its own (`run`), a test elsewhere (`tested`), or a reason why it does not apply (`exempt`). Exactly one of them.
 * A row of the list is a file `<row>-catalogue.ts` that exports `catalogue: CatalogueLine[]`; `catalogue.test.ts` counts them all.
 */
export interface CatalogueLine<World = never> {
  /** The file of Sensu Core's tests that asserts it: `api/process_spec`. */
  source: string;
  /** What is asserted, unique within its source. */
  line: string;
  run?: (world: World) => Promise<void> | void;
  /** `src/room/thing.test.ts: name of the test` */
  tested?: string;
  exempt?: string;
}
