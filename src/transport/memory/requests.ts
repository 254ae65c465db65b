import type { CheckRequest } from '../../model/check.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { RequestTaker, Subscriber, Subscription } from '../port.ts';
import { RoundRobin } from '../round-robin.ts';
import { isOneOfMany } from '../subscriptions.ts';

/** A subscriber and the requests that it is taking. */
class Agent {
  readonly client: string;
  readonly take: RequestTaker;
  inHand = 0;
  /** Called when it was stopped and its last request ended. */
  release: (() => void) | undefined;

  constructor(client: string, take: RequestTaker) {
    this.client = client;
    this.take = take;
  }
}

/** Who is subscribed to what, and the handing out of requests. Keeps no request. */
export class RequestBoard {
  readonly #log: Log;
  /** Subscription → who gets a copy. */
  readonly #copies = new Map<string, Set<Agent>>();
  /** Subscription → who takes turns. */
  readonly #turns = new Map<string, RoundRobin<Agent>>();
  /** Stopped, with requests in hand. */
  readonly #leaving = new Set<Agent>();
  #closed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Hands the request to whom it concerns and returns how many those are. */
  publish(subscription: string, request: CheckRequest): number {
    const text = JSON.stringify(request);
    if (isOneOfMany(subscription)) return this.#offer(subscription, request.name, text, new Set()) ? 1 : 0;
    const agents = this.#copies.get(subscription);
    for (const agent of agents ?? []) void this.#hand(agent, text);
    return agents?.size ?? 0;
  }

  /** Hands the request to the one whose turn it is, and to the next when that one does not take it. */
  #offer(subscription: string, name: string, text: string, refused: Set<Agent>): boolean {
    const next = this.#turns.get(subscription)?.next(name, refused);
    if (!next) return false;
    void this.#hand(next.member, text).then((taken) => {
      next.ended();
      if (!taken) this.#offer(subscription, name, text, refused.add(next.member));
    });
    return true;
  }

  subscribe({ client, subscriptions }: Subscriber, take: RequestTaker): Subscription {
    const agent = new Agent(client, take);
    for (const subscription of subscriptions) this.#join(subscription, agent);
    let stopped: Promise<void> | undefined;
    return {
      stop: () => {
        stopped ??= this.#stop(agent, subscriptions);
        return stopped;
      },
    };
  }

  close(): void {
    this.#closed = true;
    this.#copies.clear();
    this.#turns.clear();
    for (const agent of this.#leaving) agent.release?.();
    this.#leaving.clear();
  }

  /** Each taker gets a document of its own, in a turn of its own. Resolves when it ended: false, it was not taken. */
  async #hand(agent: Agent, text: string): Promise<boolean> {
    agent.inHand += 1;
    await Promise.resolve();
    let taken = true;
    try {
      if (!this.#closed) await agent.take(JSON.parse(text));
    } catch (error) {
      taken = false;
      this.#log.error('an agent failed on a request', { client: agent.client, error: errorText(error) });
    }
    agent.inHand -= 1;
    if (agent.inHand === 0 && this.#leaving.delete(agent)) agent.release?.();
    return taken;
  }

  #join(subscription: string, agent: Agent): void {
    if (isOneOfMany(subscription)) {
      const members = this.#turns.get(subscription) ?? new RoundRobin<Agent>();
      this.#turns.set(subscription, members);
      members.join(agent);
    } else {
      const agents = this.#copies.get(subscription) ?? new Set<Agent>();
      this.#copies.set(subscription, agents.add(agent));
    }
  }

  #leave(subscription: string, agent: Agent): void {
    const members = this.#turns.get(subscription);
    members?.leave(agent);
    if (members?.size === 0) this.#turns.delete(subscription);
    const agents = this.#copies.get(subscription);
    agents?.delete(agent);
    if (agents?.size === 0) this.#copies.delete(subscription);
  }

  #stop(agent: Agent, subscriptions: readonly string[]): Promise<void> {
    for (const subscription of subscriptions) this.#leave(subscription, agent);
    if (agent.inHand === 0 || this.#closed) return Promise.resolve();
    this.#leaving.add(agent);
    return new Promise((resolve) => {
      agent.release = resolve;
    });
  }
}
