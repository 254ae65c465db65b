import { Type } from 'typebox';
import { json } from '../answer.ts';
import type { V1Route } from './route.ts';

const CountersSchema = Type.Object({
  counters: Type.Record(Type.String(), Type.Integer(), { expected: 'values by name' }),
});

/** Everything this process counted since it began. */
export const counters: V1Route = {
  method: 'GET',
  path: '/counters',
  summary: 'What this process counted',
  schema: {},
  responses: { 200: { description: 'Name of each counter and its value.', schema: CountersSchema } },
  handle: (_request, parts) => json({ counters: parts.counters.all() }),
};
