import { type Static, Type } from 'typebox';
import { refusal } from '../../answer.ts';
import type { V1Route } from '../route.ts';
import { ErrorSchema } from '../shapes.ts';
import type { Hub } from './hub.ts';
import { SUBJECTS, type Subject } from './messages.ts';

const QuerySchema = Type.Object({
  types: Type.Optional(Type.String({ expected: `names from ${SUBJECTS.join(', ')}, separated by commas` })),
  after: Type.Optional(Type.String({ expected: 'the id of the last message that was read' })),
});

/** Everything that changes, as server-sent events (WHATWG HTML, "Server-sent events"), until the reader leaves. */
export function stream(hub: Hub): V1Route {
  return {
    method: 'GET',
    path: '/stream',
    summary: 'Everything that changes, as it is committed',
    schema: { querystring: QuerySchema },
    responses: {
      200: {
        description: 'Server-sent events without an end; docs/api.md lists them.',
        type: 'text/event-stream',
      },
      503: { description: 'Too many streams are open.', schema: ErrorSchema },
    },
    handle: ({ query, headers }, { counters }) => {
      const { types, after } = query as Static<typeof QuerySchema>;
      const subjects = subjectsOf(types);
      if (typeof subjects === 'string') return refusal(400, subjects);
      if (!hub.hasRoom) {
        counters.increment('streams_refused');
        return refusal(503, 'Too many streams are open; try again later.');
      }
      const last = headers['last-event-id'];
      const seen = typeof last === 'string' && last !== '' ? last : after;
      return { stream: (response) => hub.add(response, subjects, seen) };
    },
  };
}

/** The subjects named, all when none are; or what is wrong with the names. */
function subjectsOf(types: string | undefined): ReadonlySet<Subject> | string {
  if (types === undefined) return new Set(SUBJECTS);
  const subjects = SUBJECTS.filter((subject) => types.split(',').includes(subject));
  const unknown = types.split(',').filter((type) => !(SUBJECTS as readonly string[]).includes(type));
  return unknown.length === 0
    ? new Set(subjects)
    : `"types" may name ${SUBJECTS.join(', ')}, separated by commas.`;
}
