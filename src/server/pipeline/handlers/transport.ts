import type { Pipe } from '../../../transport/port.ts';
import type { Way } from '../rules.ts';
import { limitMs } from './command.ts';
import { withinLimit } from './time-limit.ts';

const DEFAULT_LIMIT_MS = 10_000;

/**
 * Hands what it is given to a pipe of the transport, where other programs listen; nothing when there is nothing.
 * (Sensu Core 1.9 documentation, "Transport handlers".)
 */
export function transportHandler(handler: { pipe: Pipe; timeout?: unknown }): Way {
  const { pipe } = handler;
  const limit = limitMs(handler.timeout) ?? DEFAULT_LIMIT_MS;
  return ({ data }, tools) =>
    withinLimit(tools, limit, async () => {
      if (data === '') return 'there was nothing to send';
      if (!tools.server) throw new Error('only a running server has a transport to publish to');
      const listeners = await tools.server.transport.publishTo(pipe, data);
      const published = `published ${Buffer.byteLength(data)} bytes to the ${pipe.type} pipe "${pipe.name}"`;
      return `${published}${listening(listeners)}`;
    });
}

function listening(listeners: number | null): string {
  if (listeners === null) return '';
  if (listeners === 0) return ': nobody listens there';
  return listeners === 1 ? ': one program listens there' : `: ${listeners} programs listen there`;
}
