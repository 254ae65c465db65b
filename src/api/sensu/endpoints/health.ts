import type { TransportStatistics } from '../../../transport/port.ts';
import { empty, json } from '../../answer.ts';
import type { Route } from '../route.ts';
import { statisticsOf } from './info.ts';

/** 204 when servers listen and keep up, by the bounds in the query; else 412 with what is wrong. */
export const health: Route = {
  path: '/health',
  methods: {
    GET: async ({ query }, parts) => {
      const bounds = { consumers: query.whole('consumers'), messages: query.whole('messages') };
      const unhealthy: string[] = [];
      if (!parts.registry.store.connected) unhealthy.push('not connected to redis');
      const queues = await statisticsOf(parts);
      if (queues)
        unhealthy.push(...tooFewConsumers(queues, bounds.consumers), ...tooMany(queues, bounds.messages));
      else unhealthy.push('not connected to transport');
      return unhealthy.length === 0 ? empty(204) : json(unhealthy, 412);
    },
  },
};

function tooFewConsumers(queues: TransportStatistics, least: number | undefined): string[] {
  if (least === undefined) return [];
  return named(queues)
    .filter(({ consumers }) => consumers < least)
    .map(({ name, consumers }) => `${name} consumers (${consumers}) less than min_consumers (${least})`);
}

function tooMany(queues: TransportStatistics, most: number | undefined): string[] {
  if (most === undefined) return [];
  return named(queues)
    .filter(({ messages }) => messages > most)
    .map(({ name, messages }) => `${name} messages (${messages}) greater than max_messages (${most})`);
}

function named({ keepalives, results }: TransportStatistics) {
  return [
    { name: 'keepalive', ...keepalives },
    { name: 'result', ...results },
  ];
}
