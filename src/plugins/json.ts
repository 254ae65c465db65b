import { defineMutator, Type } from '../plugin.ts';

/** The event as compact JSON: what a handler is given unless it names another mutator. */
export const json = defineMutator({
  name: 'json',
  options: Type.Object({}),
  run: (event) => JSON.stringify(event),
});
