import { defineMutator, Type } from '../plugin.ts';

/**
 * The event as compact JSON, like `json`: configurations for Sensu Core name this mutator for handlers that ran inside
 * its Ruby process, and there are none here.
 */
export const rubyHash = defineMutator({
  name: 'ruby_hash',
  options: Type.Object({}),
  run: (event) => JSON.stringify(event),
});
