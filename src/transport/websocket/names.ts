import { memberOf } from '../../model/attributes.ts';
import type { AgentFrame } from './frames.ts';

/** Subscriptions that belong to one client. */
const OWNED = /^(?:client|direct):(.*)$/s;

/**
 * The name in a frame that the agent may not speak for; undefined: there is none. Only texts are looked at; whether the
 * document is one at all is for the intake to judge.
 */
export function foreignName(frame: AgentFrame, speaksFor: (name: string) => boolean): string | undefined {
  return namesIn(frame).find((name) => !speaksFor(name));
}

function namesIn(frame: AgentFrame): string[] {
  switch (frame.type) {
    case 'result':
      return texts([
        frame.id?.agent,
        memberOf(frame.body, 'client'),
        memberOf(memberOf(frame.body, 'check'), 'source'),
      ]);
    case 'keepalive':
      return texts([memberOf(frame.body, 'name')]);
    case 'subscribe':
      return [frame.client, ...texts(frame.subscriptions.map((one) => OWNED.exec(one)?.[1]))];
    default:
      return [];
  }
}

function texts(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string');
}
