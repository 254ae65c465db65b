import type { CheckRequest, ExecutedCheck } from '../../src/model/check.ts';
import type { RegisteredClient } from '../../src/model/client.ts';
import type { Event } from '../../src/model/event.ts';
import { builtInPlugins } from '../../src/plugins/index.ts';
import { requestCheck } from '../../src/state/requesting.ts';
import { until } from '../../src/testing/until.ts';
import { type House, settingsOf, startHouse } from './house.ts';

/** A real server with the rules of `fixtures/catalogue/server.json`, and an agent by `client.json` where wanted. */
export interface CatalogueWorld {
  house: House;
  /** Has keepalives taken. */
  keepalive(client: Partial<RegisteredClient> & { name: string }): Promise<void>;
  /** Has results of one check at one client taken, in order. */
  results(client: string, ...checks: (Partial<ExecutedCheck> & { name: string })[]): Promise<void>;
  /** What a handler of ours printed, which is what it was given, once there is so much of it for the client. */
  printed(handler: string, client: string, count?: number): Promise<string[]>;
  /** The same, read as events. */
  told(handler: string, client: string, count?: number): Promise<Event[]>;
  /** Asks the agent for a check of the server's, or for one of the test's, and resolves with its result. */
  ask(check: string | CheckRequest, client?: string): Promise<ExecutedCheck>;
  stop(): Promise<void>;
}

export const AGENT = 'i-424242';

export async function startCatalogueWorld(): Promise<CatalogueWorld> {
  const house = await startHouse({
    settings: await settingsOf('catalogue/server.json'),
    agent: await settingsOf('catalogue/client.json'),
    plugins: new Map(builtInPlugins.map((plugin) => [plugin.name, plugin])),
  });
  const { transport, views, clock } = house;
  const seconds = (): number => Math.floor(clock.now() / 1000);
  const printed: CatalogueWorld['printed'] = async (handler, client, count = 1) => {
    const outputs = (): string[] =>
      house.log.lines
        .filter(({ message, fields }) => message === 'handler output' && fields['handler'] === handler)
        .filter(({ fields }) => fields['client'] === client)
        .map(({ fields }) => String(fields['output']));
    await until(() => outputs().length >= count, `${handler} was told ${count} times of ${client}`);
    return outputs();
  };
  return {
    house,
    printed,
    async keepalive(client) {
      await transport.publishKeepalive({
        body: { subscriptions: ['test'], timestamp: seconds(), ...client },
      });
      await views.shown();
    },
    async results(client, ...checks) {
      const taken = checks.map((check) => {
        const full = { status: 0, output: 'said', executed: seconds(), ...check };
        return transport.publishResult({ body: { client, check: full } });
      });
      await Promise.all(taken);
      await views.shown();
    },
    told: async (handler, client, count) =>
      (await printed(handler, client, count)).map((text) => JSON.parse(text) as Event),
    async ask(asked, client = AGENT) {
      const name = typeof asked === 'string' ? asked : asked.name;
      const before = views.state(client, name);
      if (typeof asked === 'string') {
        const check = house.settings.checks.get(asked);
        if (!check) throw new Error(`there is no check ${asked}`);
        await requestCheck(house, check);
      } else {
        await transport.publishRequest('test', asked);
      }
      await until(() => views.state(client, name) !== before, `${name} was reported`);
      return views.state(client, name)?.check as ExecutedCheck;
    },
    stop: () => house.stop(),
  };
}
