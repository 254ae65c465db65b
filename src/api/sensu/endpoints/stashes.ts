import { createStash, deleteStash, liveStash, liveStashes, stashDocument } from '../../../state/stashes.ts';
import { empty, json } from '../../answer.ts';
import { readObject } from '../../body.ts';
import { shown } from '../../shown.ts';
import { matching, objectField, readFields, wholeField } from '../fields.ts';
import { pageOf } from '../list.ts';
import type { EndpointParts, Route } from '../route.ts';

/** Longest path; it names a document in the store. */
const LONGEST = 1024;
const FIELDS = {
  path: matching(new RegExp(`^[^\\0]{1,${LONGEST}}$`, 'u')),
  content: objectField,
  expire: wholeField,
};

/** All stashes, and keeping one under a path that the body names. */
export const stashes: Route = {
  path: '/stashes',
  methods: {
    GET: ({ query }, { views, clock }) => {
      const nowMs = clock.now();
      return pageOf(query, liveStashes(views, nowMs), (stash) => stashDocument(stash, nowMs));
    },
    POST: async ({ body }, parts) => {
      const { path, content, expire } = readFields(body, FIELDS) ?? {};
      if (path === undefined || content === undefined) return empty(400);
      return keep(parts, { path, content, expire });
    },
  },
};

/** One stash: its content, keeping it under this path, and forgetting it. */
export const stash: readonly Route[] = ['/stashes/*path', '/stash/*path'].map((path) => ({
  path,
  methods: {
    GET: ({ params: { path = '' } }, { views, clock }) => {
      const found = liveStash(views, path, clock.now());
      return found ? json(found.content) : empty(404);
    },
    POST: async ({ params, body }, parts) => {
      const path = FIELDS.path(params['path']);
      const content = readObject(body);
      return path === undefined || !content ? empty(400) : keep(parts, { path, content });
    },
    DELETE: async ({ params: { path = '' } }, parts) => {
      const deleted = await deleteStash(parts, path);
      if (deleted) await shown(parts);
      return empty(deleted ? 204 : 404);
    },
  },
}));

async function keep(parts: EndpointParts, stash: Parameters<typeof createStash>[1]) {
  await createStash(parts, stash);
  await shown(parts);
  return json({ path: stash.path }, 201);
}
