import { type Static, Type } from 'typebox';
import { name } from '../../model/schema.ts';
import { empty, refusal } from '../answer.ts';
import type { V1Route } from './route.ts';
import { ErrorSchema } from './shapes.ts';

const ParamsSchema = Type.Object({ name: name() });
const BodySchema = Type.Object({
  status: Type.Optional(Type.Integer({ minimum: 0, maximum: 3, expected: 'a status from 0 to 3' })),
  output: Type.Optional(Type.String({ maxLength: 65_536, expected: 'a text of at most 65,536 characters' })),
});

/** A job or device calls in, so that the check which waits for it stays OK. */
export const heartbeats: V1Route = {
  method: 'POST',
  path: '/heartbeats/:name',
  summary: 'A job or device calls in',
  schema: { params: ParamsSchema, body: BodySchema },
  responses: {
    204: { description: 'The call was taken.' },
    404: { description: 'No check waits for heartbeats under this name.', schema: ErrorSchema },
  },
  writes: true,
  audited: false,
  handle: ({ params, body }, { callIn }) => {
    const { name } = params as Static<typeof ParamsSchema>;
    const { status = 0, output = '' } = body as Static<typeof BodySchema>;
    if (callIn(name, { status, output })) return empty(204);
    return refusal(404, `No check waits for heartbeats of ${name}.`);
  },
};
