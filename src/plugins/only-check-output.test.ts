import { expect, it } from 'vitest';
import { pluginContext, sampleEvent } from '../testing/plugin-context.ts';
import { onlyCheckOutput } from './only-check-output.ts';

it('is what the check printed, as it is', () => {
  const output = 'web-1.load 0.5 1795245551\nweb-1.load5 0.4 1795245551\n';
  expect(onlyCheckOutput.run(sampleEvent({ check: { output } }), {}, pluginContext())).toBe(output);
});
