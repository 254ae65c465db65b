import { Type } from 'typebox';
import { DEFAULT_REDACT, redact } from '../../model/redact.ts';
import { json, refusal } from '../answer.ts';
import type { V1Route } from './route.ts';
import { ErrorSchema, nullable, open } from './shapes.ts';

const seconds = (expected: string) => Type.Number({ expected });

const SelfSchema = Type.Object({
  client: Type.String({ expected: 'the client under which the server reports about itself' }),
  blind: Type.Boolean({ expected: 'true while the canary does not come back' }),
  canary: Type.Object({
    every: seconds('seconds between two, 0 for none'),
    passed_at: nullable(Type.Integer(), 'Unix seconds at which the last one came back, or null'),
    took: nullable(Type.Number(), 'seconds that it took, or null'),
    quiet: seconds('seconds for which none has come back'),
  }),
  intake: Type.Object({
    lag: seconds('seconds that a result waits until it is committed'),
    results_waiting: nullable(Type.Integer(), 'results in the transport, or null'),
    keepalives_waiting: nullable(Type.Integer(), 'keepalives in the transport, or null'),
  }),
  schedule: Type.Object({ lateness: seconds('lateness in seconds of the latest request of the last look') }),
  outbox: Type.Object({ deliveries: Type.Integer(), age: seconds('age in seconds of the oldest delivery') }),
  deliveries: Type.Object({ handled: Type.Integer(), failed: Type.Integer() }),
  dead_letters: Type.Integer({ expected: 'deliveries that were given up' }),
  store: Type.Object({ connected: Type.Boolean() }),
  transport: Type.Object({ connected: Type.Boolean() }),
  agents: nullable(Type.Integer(), 'agents connected to the port of this server, or null when none can be'),
  clocks: Type.Object({
    clients: Type.Integer({ expected: 'clients whose clocks differ too much' }),
    worst: Type.Array(
      open({ client: Type.String(), seconds: Type.Integer() }, 'a client and its difference'),
    ),
  }),
  event_loop: Type.Object({ delay: seconds('largest delay in seconds of the last look') }),
  problems: Type.Array(
    open(
      { check: Type.String(), status: Type.Integer(), output: Type.String() },
      'what is past its threshold',
    ),
    { expected: 'what is past its threshold for long enough to be told' },
  ),
  events: Type.Array(open({ id: Type.String() }, 'an event'), {
    expected: 'open events of the server’s own client',
  }),
});

/** How the server in this process finds itself. */
export const self: V1Route = {
  method: 'GET',
  path: '/self',
  summary: 'How the server finds itself',
  schema: {},
  responses: {
    200: { description: 'Always answered, whatever is away.', schema: SelfSchema },
    404: { description: 'No server runs in this process.', schema: ErrorSchema },
  },
  handle: (_request, { self: status, views }) => {
    const found = status?.();
    if (!found) return refusal(404, 'No server runs in this process.');
    const events = Array.from(views.events(found.client), (event) => redact(event, DEFAULT_REDACT));
    return json({ ...found, events });
  },
};
