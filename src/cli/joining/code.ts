import { type Static, Type } from 'typebox';
import { Check } from 'typebox/value';
import { TocsinError } from '../../runtime/errors.ts';

/** Where its code stands for an agent that begins. */
export const JOIN_VARIABLE = 'TOCSIN_JOIN';

/** Longest code that is read: twenty addresses fit. */
const LONGEST = 8_192;
const closed = { additionalProperties: false };

const InvitationSchema = Type.Object(
  {
    /** Addresses like `wss://monitoring:4567`. */
    servers: Type.Array(Type.String({ pattern: '^wss?://[^/?#@\\s]+/?$', maxLength: 300 }), {
      minItems: 1,
      maxItems: 20,
    }),
    /** The secret with which it is let in. */
    token: Type.String({ pattern: '^[\\x21-\\x7e]{1,500}$' }),
    /** SHA-256 of the server's certificate, where no public authority vouches for it. */
    fingerprint: Type.Optional(Type.String({ pattern: '^([0-9A-F]{2}:){31}[0-9A-F]{2}$' })),
    /** What the client is called unless its configuration says so. */
    client: Type.Optional(Type.String({ pattern: '^[\\w.-]{1,200}$' })),
  },
  closed,
);

/** All that an agent needs to find its servers and to be let in. */
export type Invitation = Static<typeof InvitationSchema>;

/** True for what an agent can join by. */
export function isInvitation(value: unknown): value is Invitation {
  return Check(InvitationSchema, value);
}

/** An invitation as one word for a command line. It holds a secret. */
export function joinCode(invitation: Invitation): string {
  return Buffer.from(JSON.stringify(invitation)).toString('base64url');
}

/** What a code holds. Throws USAGE for a text that is none. */
export function readJoinCode(code: string): Invitation {
  const value = code.length > LONGEST ? undefined : parsed(Buffer.from(code.trim(), 'base64url').toString());
  if (isInvitation(value)) return value;
  throw new TocsinError(
    'USAGE',
    `${JOIN_VARIABLE} holds no code of "tocsin join"; copy the line that it printed again, as a whole`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
