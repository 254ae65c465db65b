import { isAttributes } from '../../../model/attributes.ts';
import { foundText } from '../../../model/problems.ts';
import type { Attributes } from '../../../model/schema.ts';
import type { FilterPlugin } from '../../../plugin.ts';
import { firstCharacters, keptValue } from '../record.ts';
import { type Ask, PASSES } from './answer.ts';

/** A filter plugin with its options. What it answers is not trusted. */
export function pluginFilter(plugin: FilterPlugin, options: Attributes): Ask {
  return (event, context) => {
    const held: unknown = plugin.run(event, options, context.plugin);
    if (held === null || held === undefined) return PASSES;
    if (held instanceof Promise) {
      held.catch(() => {});
      throw new Error('it answered with a promise; a filter answers at once');
    }
    if (!isAttributes(held)) throw new Error(`it answered with ${foundText(held)}`);
    const { why, seen } = held;
    const filtered = { by: plugin.name, why: firstCharacters(String(why)) };
    if (!isAttributes(seen)) return { held: filtered };
    const attribute = firstCharacters(String(seen['attribute']));
    return { held: { ...filtered, seen: { attribute, value: keptValue(seen['value']) } } };
  };
}
