import { expect, it } from 'vitest';
import { pluginContext, sampleEvent } from '../testing/plugin-context.ts';
import { json } from './json.ts';

it('makes compact JSON of the event, unknown attributes and order kept', () => {
  const event = sampleEvent({ check: { playbook: 'http://wiki/disk' } });
  const text = json.run(event, {}, pluginContext());
  expect(JSON.parse(text)).toEqual(event);
  expect(text).not.toContain('\n');
  expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(event));
});
