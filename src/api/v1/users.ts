import { type Static, Type } from 'typebox';
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from '../../access/index.ts';
import { ROLES, type User } from '../../model/access.ts';
import { name } from '../../model/schema.ts';
import { empty, json } from '../answer.ts';
import type { V1Route } from './route.ts';
import { ErrorSchema, nullable } from './shapes.ts';

const role = () => Type.Enum([...ROLES], { expected: 'one of read, operate, admin' });
const password = () =>
  Type.String({
    minLength: SHORTEST_PASSWORD,
    maxLength: LONGEST_PASSWORD,
    expected: `a text of ${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters`,
  });

const UserSchema = Type.Object({
  name: Type.String(),
  role: role(),
  created_at: Type.Number({ expected: 'Unix seconds' }),
  created_by: nullable(Type.String(), 'who made it, or null when nobody had to say who it is'),
});
const ParamsSchema = Type.Object({ name: name() });
const NewUserSchema = Type.Object({ name: name(), role: role(), password: password() });
const ChangeSchema = Type.Object({ role: Type.Optional(role()), password: Type.Optional(password()) });

const LOCKOUT = {
  description: 'Taken, too many, or nobody could administrate any more.',
  schema: ErrorSchema,
};
const UNKNOWN = { description: 'There is no such user.', schema: ErrorSchema };

const list: V1Route = {
  method: 'GET',
  path: '/users',
  summary: 'Users, without their passwords',
  schema: {},
  responses: {
    200: {
      description: 'All users but the one that is configured as `api.user`.',
      schema: Type.Object({ items: Type.Array(UserSchema, { expected: 'users by name' }) }),
    },
  },
  role: 'admin',
  handle: (_request, { access }) => {
    const users = [...access.keyring.users.values()];
    return json({ items: users.sort((left, right) => (left.name < right.name ? -1 : 1)).map(userDocument) });
  },
};

const add: V1Route = {
  method: 'POST',
  path: '/users',
  summary: 'Make a user; with the first one access control begins',
  schema: { body: NewUserSchema },
  responses: { 201: { description: 'The user.', schema: UserSchema }, 409: LOCKOUT },
  role: 'admin',
  writes: true,
  handle: async ({ body, caller }, { access }) => {
    const { name, role, password } = body as Static<typeof NewUserSchema>;
    return json(userDocument(await access.users.add(name, role, password, caller.who)), 201);
  },
};

const change: V1Route = {
  method: 'POST',
  path: '/users/:name',
  summary: 'Give a user another password or role',
  schema: { params: ParamsSchema, body: ChangeSchema },
  responses: { 200: { description: 'The user.', schema: UserSchema }, 404: UNKNOWN, 409: LOCKOUT },
  role: 'admin',
  writes: true,
  handle: async ({ params, body }, { access }) => {
    const { name } = params as Static<typeof ParamsSchema>;
    return json(userDocument(await access.users.change(name, body as Static<typeof ChangeSchema>)));
  },
};

const remove: V1Route = {
  method: 'DELETE',
  path: '/users/:name',
  summary: 'Remove a user',
  schema: { params: ParamsSchema },
  responses: { 204: { description: 'It is gone.' }, 404: UNKNOWN, 409: LOCKOUT },
  role: 'admin',
  writes: true,
  handle: async ({ params }, { access }) => {
    await access.users.remove((params as Static<typeof ParamsSchema>).name);
    return empty(204);
  },
};

const me: V1Route = {
  method: 'GET',
  path: '/me',
  summary: 'Who the caller is, and what it may do',
  schema: {},
  responses: {
    200: {
      description: 'The caller.',
      schema: Type.Object({
        who: nullable(Type.String(), 'a user or "token:<name>"; null when nobody has to say who it is'),
        role: role(),
      }),
    },
  },
  handle: ({ caller: { who, role } }) => json({ who, role }),
};

/** Users, and who the caller is. */
export const userRoutes: readonly V1Route[] = [list, add, change, remove, me];

function userDocument({ name, role, createdAtMs, createdBy }: User): Static<typeof UserSchema> {
  return { name, role, created_at: Math.floor(createdAtMs / 1000), created_by: createdBy };
}
