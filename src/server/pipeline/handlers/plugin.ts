import { isAttributes } from '../../../model/attributes.ts';
import type { Handler } from '../../../model/handler.ts';
import type { HandlerPlugin } from '../../../plugin.ts';
import type { Way } from '../rules.ts';
import { limitMs } from './command.ts';
import { withinLimit } from './time-limit.ts';

const DEFAULT_LIMIT_MS = 30_000;

/** A handler plugin, whose options stand in the member named like it. */
export function pluginHandler(plugin: HandlerPlugin, handler: Handler): Way {
  const configured = handler[plugin.name];
  const options = isAttributes(configured) ? configured : {};
  const limit = limitMs(handler.timeout) ?? DEFAULT_LIMIT_MS;
  return ({ event, data, deliveryId }, tools) => {
    const { clock, random, log } = tools;
    return withinLimit(tools, limit, (signal) =>
      plugin.run(event, options, { clock, random, log, signal, data, deliveryId }),
    );
  };
}
