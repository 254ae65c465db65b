import { json } from '../answer.ts';
import type { V1Route } from './route.ts';

/** Everything this process counted since it began. */
export const counters: V1Route = {
  method: 'GET',
  path: '/counters',
  schema: {},
  handle: (_request, parts) => json({ counters: parts.counters.all() }),
};
