import { defineHandler, Type } from '../plugin.ts';

/** Tells nobody: what it is given stands in the server's log and at the beginning of the delivery record. */
export const debug = defineHandler({
  name: 'debug',
  options: Type.Object({}),
  run: async (_event, _options, { data }) => data,
});
