import { defineMutator, Type } from '../plugin.ts';

/** What the check printed, as it is: for metrics on their way to a time series database. */
export const onlyCheckOutput = defineMutator({
  name: 'only_check_output',
  options: Type.Object({}),
  run: (event) => event.check.output,
});
