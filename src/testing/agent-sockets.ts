import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, expect } from 'vitest';
import { type AgentWorld, agentWorld } from './agent.ts';

/** An agent whose socket for TCP and UDP listens on a free port. */
export interface SocketWorld extends AgentWorld {
  port: number;
}

/** What was sent to a socket of Sensu Core 1.9, and what it answered. */
export interface CapturedReply {
  name: string;
  /** base64 */
  sent: string;
  reply: string;
  /** True when it was answered after half a second in which nothing more came. */
  waits?: boolean;
}

const CAPTURED = new URL('../agent/sockets/fixtures/replies.json', import.meta.url);

/** The captured replies whose names begin so. */
export function capturedReplies(prefix: 'tcp-' | 'udp-'): CapturedReply[] {
  const replies: CapturedReply[] = JSON.parse(readFileSync(CAPTURED, 'utf8'));
  return replies.filter(({ name }) => name.startsWith(prefix));
}

/** Call it at the top of a test file: after each test its agents are stopped, and have left no timer. */
export function agentSockets(): { setUp(client?: object): Promise<SocketWorld> } {
  const worlds: AgentWorld[] = [];
  afterEach(async () => {
    for (const world of worlds.splice(0)) {
      await world.close();
      expect(world.clock.pending).toBe(0);
    }
  });
  return {
    async setUp(client = {}) {
      const settings = {
        client: {
          name: 'i-42',
          address: '',
          subscriptions: [],
          socket: { port: 0 },
          http_socket: { enabled: false },
          ...client,
        },
      };
      const world = await agentWorld({ settings, parts: { listen: true } });
      worlds.push(world);
      await world.agent.start();
      return { ...world, port: world.agent.sockets().socket?.port ?? 0 };
    },
  };
}

/** Names of the checks that were reported, in order. */
export function namesOf(world: AgentWorld): string[] {
  return world.results.map(({ body }) => body.check.name);
}

/** Bytes that a stranger may send: any, any JSON, and pieces of results in any order. */
export const socketBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
  fc
    .array(fc.constantFrom('{', '}', '[', ']', '"', 'name', ':', 'output', ',', '1', 'ping', ' '))
    .map((words) => Buffer.from(words.join(''))),
);
