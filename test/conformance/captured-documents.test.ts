/** Keepalives, requests, results and events: the documents of Sensu Core 1.9 and ours, for the same configuration. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckRequest, CheckResult, ExecutedCheck } from '../../src/model/check.ts';
import type { RegisteredClient } from '../../src/model/client.ts';
import type { Event } from '../../src/model/event.ts';
import { requestCheck } from '../../src/state/requesting.ts';
import { until } from '../../src/testing/until.ts';
import { comparable } from './captured.ts';
import { type House, settingsOf, startHouse } from './house.ts';

/** Documents as they were sent, one of each kind; the order of their members is that of the wire. */
function sent<Document>(fixture: string): Document[] {
  return JSON.parse(readFileSync(new URL(`fixtures/documents/${fixture}.json`, import.meta.url), 'utf8'));
}

const REQUESTS = sent<CheckRequest>('requests');
const RESULTS = sent<CheckResult>('results');
const named = ({ name }: { name: string }): string => name;

/** The same text for the same members in the same order with the same values, times and ids apart. */
const text = (document: unknown): unknown => comparable(JSON.stringify(document));

let house: House;
const keepalives: unknown[] = [];
const requests: CheckRequest[] = [];
const results: CheckResult[] = [];

beforeAll(async () => {
  house = await startHouse({
    settings: await settingsOf('documents/server.json'),
    agent: await settingsOf('documents/client.json'),
  });
  const { transport } = house;
  const { publishKeepalive, publishResult } = transport;
  // What is handed to the transport is what travels.
  transport.publishKeepalive = (message) => {
    keepalives.push(structuredClone(message.body));
    return publishKeepalive.call(transport, message);
  };
  transport.publishResult = (message) => {
    results.push(structuredClone(message.body) as CheckResult);
    return publishResult.call(transport, message);
  };
  const { publishRequest } = transport;
  transport.publishRequest = (subscription, request) => {
    requests.push(structuredClone(request));
    return publishRequest.call(transport, subscription, request);
  };
  await house.whileAgentRuns(runEverything);
});

afterAll(() => house.stop());

async function runEverything(): Promise<void> {
  await until(() => house.views.client('peer-client') !== undefined, 'the client is known');
  for (const name of REQUESTS.map(named)) {
    const check = house.settings.checks.get(name);
    if (!check) throw new Error(`there is no check ${name}`);
    await requestCheck(house, check);
  }
  const wanted = RESULTS.map(({ check }) => check.name);
  await until(() => wanted.every((name) => resultOf(name) !== undefined), 'every check has run');
  await until(() => eventOf('fail_check') !== undefined, 'the event is there');
}

const resultOf = (name: string): CheckResult | undefined => results.find(({ check }) => check.name === name);
const eventOf = (name: string): Event | null | undefined => house.views.state('peer-client', name)?.event;

describe('documents of Sensu Core 1.9 and ours', () => {
  it('a keepalive has the same members in the same order', () => {
    const [keepalive] = sent<RegisteredClient>('keepalives');
    expect(text(keepalives[0])).toBe(text(keepalive));
  });

  it.each(REQUESTS.map(named))('a request has the same members in the same order: %s', (name) => {
    expect(text(requests.find((request) => request.name === name))).toBe(
      text(REQUESTS.find((request) => request.name === name)),
    );
  });

  it.each(RESULTS.map(({ check }) => check.name))(
    'a result has the same members in the same order: %s',
    (name) => {
      expect(text(resultOf(name))).toBe(text(RESULTS.find(({ check }) => check.name === name)));
    },
  );

  it('an event has the same members in the same order', () => {
    const [event] = sent<Event>('events');
    expect(text(eventOf('fail_check'))).toBe(text(event));
  });
});

describe('documents of Sensu Core 1.9 that come to a server of ours', () => {
  it('are taken as they are: a keepalive, and every result', async () => {
    const [keepalive] = sent<RegisteredClient>('keepalives');
    const other = { ...keepalive, name: 'ruby-client' };
    await house.transport.publishKeepalive({ body: other });
    const bodies = RESULTS.map((result) => ({ ...result, client: 'ruby-client' }));
    await Promise.all(bodies.map((body) => house.transport.publishResult({ body })));
    await house.views.shown();
    expect(house.views.client('ruby-client')?.client).toMatchObject({ environment: 'dev', version: '1.9.0' });
    const known = (check: ExecutedCheck): ExecutedCheck | undefined =>
      house.views.state(check.source ?? 'ruby-client', check.name)?.check;
    for (const { check } of bodies) {
      const { output, ...rest } = check;
      expect(known(check)).toMatchObject(rest);
      expect(known(check)?.output.split('\n')[0]).toBe(output.split('\n')[0]);
    }
  });
});
