import type { CatalogueLine } from './catalogue.ts';

/** How a line is held: by a test that stands beside it, by one elsewhere, or not at all, with the reason. */
export type Held<World> = ((world: World) => Promise<void> | void) | { tested: string } | { exempt: string };

/** The lines of one file of Sensu Core's tests. */
export function linesOf<World = never>(
  source: string,
  held: readonly (readonly [line: string, held: Held<World>])[],
): CatalogueLine<World>[] {
  return held.map(([line, how]) =>
    typeof how === 'function' ? { source, line, run: how } : { source, line, ...how },
  );
}

/** Names tests of one file of ours. */
export function testsOf(file: string): (name: string) => { tested: string } {
  return (name) => ({ tested: `${file}: ${name}` });
}

/** Says why a line does not apply. */
export function exempt(why: string): { exempt: string } {
  return { exempt: why };
}
