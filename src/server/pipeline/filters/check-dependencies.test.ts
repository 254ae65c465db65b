import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../../model/event.ts';
import type { CheckState } from '../../../state/documents.ts';
import { pluginContext, sampleEvent } from '../../../testing/plugin-context.ts';
import { RANDOM_INPUTS } from '../../../testing/random.ts';
import type { OpenEvents } from './answer.ts';
import { checkDependencies } from './check-dependencies.ts';

const open = (client: string, check: string, subscriptions = [`client:${client}`]): Event =>
  sampleEvent({ client: { name: client, subscriptions }, check: { name: check } });
const OPEN = [open('web-1', 'disk'), open('router-1', 'ping', ['routers', 'rack/7']), open('web-2', 'http')];

const views = (events: readonly Event[]): OpenEvents => ({
  *eventsOf(name) {
    yield* events.filter(({ check }) => check.name === name);
  },
  state: (client, check) => {
    const event = events.find((each) => each.client.name === client && each.check.name === check);
    return event && ({ event } as CheckState);
  },
});

const asked = (dependencies: unknown, events: OpenEvents | undefined = views(OPEN)) =>
  checkDependencies(
    sampleEvent({ client: { name: 'web-1' }, check: { name: 'http', dependencies } as never }),
    { plugin: pluginContext(), events },
  );

describe('check_dependencies', () => {
  test.each<[string, unknown, boolean]>([
    ['a check of the same client with an open event', ['disk'], false],
    ['a check of the same client without one', ['load'], true],
    ['a check of the same name elsewhere', ['ping'], true],
    ['a check of another client with an open event', ['web-2/http'], false],
    ['a check of another client without one', ['web-2/disk'], true],
    ['a client that nobody knows', ['nobody/disk'], true],
    ['a check of any client with a subscription', ['subscription:routers/ping'], false],
    ['a subscription with a slash in its name', ['subscription:rack/7/ping'], false],
    ['another check of that subscription', ['subscription:routers/http'], true],
    ['a subscription that nobody has', ['subscription:switches/ping'], true],
    ['the second of several', ['load', 'web-2/http'], false],
    ['none at all', [], true],
    ['a missing list', undefined, true],
    ['a text in place of a list', 'disk', true],
    ['entries that are no texts', [null, 7, {}, ['disk']], true],
    ['an empty text', [''], true],
    ['texts that are cut short', ['/', 'subscription:', 'subscription:/', '/disk'], true],
  ])('%s', (_, dependencies, passes) => {
    expect(asked(dependencies).held === null).toBe(passes);
  });

  test('says which dependency decided and where the event is', () => {
    expect(asked(['subscription:routers/ping']).held).toEqual({
      by: 'check_dependencies',
      why: 'it depends on "subscription:routers/ping", and check ping of client router-1 has an open event',
      seen: { attribute: 'check.dependencies', value: 'subscription:routers/ping' },
    });
  });

  test('cannot judge where nothing is known of other events', () => {
    const event = sampleEvent({ check: { dependencies: ['disk'] } as never });
    expect(() => checkDependencies(event, { plugin: pluginContext() })).toThrow('other events');
  });

  test('never throws, whatever is listed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (dependencies) => {
        asked(dependencies);
        asked([dependencies]);
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });
});
