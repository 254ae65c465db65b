import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { DeadLetter } from '../../model/delivery.ts';
import { writing } from '../../state/registry.ts';
import { startWorld, type World } from '../../testing/api/world.ts';
import { sampleEvent } from '../../testing/plugin-context.ts';
import type { Terminal } from '../text.ts';
import { dropDead, listDead, retryDead, showDead } from './dead.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterEach(async () => {
  const names = [...world.views.deadLetters().keys()];
  await world.registry.store.commit([{ writes: names.map((name) => writing('dead', name, undefined)) }]);
});
afterAll(() => world.stop());

function terminal(): { text: () => string; terminal: Terminal } {
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  return {
    text: () => text,
    terminal: { write, interactive: false, colours: false, columns: 80, rows: 24 },
  };
}

async function put(...letters: [id: string, handler: string][]): Promise<void> {
  const event = sampleEvent();
  const writes = letters.map(([id, handler]) => {
    const letter: DeadLetter = {
      delivery: { id, handler, event, tries: 3 },
      record: {
        ...{ event_id: event.id, client: 'web-1', check: 'disk', handler, action: 'create', status: 2 },
        ...{ occurrences: 1, timestamp: 1_800_000_000, outcome: 'dead' },
        failed: { stage: 'handler', error: '502 \u001b[31m' },
      },
      timestamp: 1_800_000_000,
    };
    return writing('dead', id, letter);
  });
  await world.registry.store.commit([{ writes }]);
}

const again = (): string[] =>
  [...world.views.deadLetters()].filter(([, each]) => each.again !== undefined).map(([id]) => id);

it('lists them, made safe for a terminal', async () => {
  const { text, terminal: to } = terminal();
  expect(await listDead({ url: world.url }, to)).toBe(0);
  expect(text()).toBe('No delivery was given up.\n');
  expect(await retryDead([], { url: world.url, handler: 'mial' }, to)).toBe(0);
  expect(text()).toMatch(/\nNo delivery to mial was given up\.\n$/);
  await put(['d1', 'mail']);
  await listDead({ url: world.url }, to);
  expect(text()).toMatch(/d1 .* mail +web-1\/disk +create +CRITICAL +no +3 +502/);
  expect(text()).not.toContain('\u001b');
});

it('shows one', async () => {
  await put(['d1', 'mail']);
  const { text, terminal: to } = terminal();
  await showDead('d1', { url: world.url }, to);
  expect(JSON.parse(text())).toMatchObject({ delivery: { id: 'd1' } });
  await expect(showDead('none', { url: world.url }, to)).rejects.toThrow('There is no dead letter none.');
});

it('sends again what is named, all, or all of one handler', async () => {
  await put(['d1', 'mail'], ['d2', 'mail'], ['d3', 'pager']);
  const { text, terminal: to } = terminal();
  await retryDead([], { url: world.url, handler: 'mail', dryRun: true }, to);
  expect([again(), text()]).toEqual([[], expect.stringContaining('2 dead letters.')]);
  await retryDead(['d3'], { url: world.url }, to);
  expect(again()).toEqual(['d3']);
  await retryDead([], { url: world.url, handler: 'mail' }, to);
  expect(again().sort()).toEqual(['d1', 'd2', 'd3']);
});

it('forgets them', async () => {
  await put(['d1', 'mail'], ['d2', 'mail'], ['d3', 'pager']);
  const { text, terminal: to } = terminal();
  await dropDead(['d1'], { url: world.url }, to);
  expect(text()).toBe('Forgot d1: create of web-1/disk to mail.\n');
  await dropDead([], { url: world.url, all: true }, to);
  expect(world.views.deadLetters().size).toBe(0);
});

it('does nothing when it is not said which, or one of the names is unknown', async () => {
  await put(['d1', 'mail']);
  const { terminal: to } = terminal();
  for (const wish of [
    [[], {}],
    [['d1'], { all: true }],
  ] as const) {
    const [ids, options] = wish;
    await expect(dropDead(ids, { url: world.url, ...options }, to)).rejects.toMatchObject({ code: 'USAGE' });
  }
  await expect(dropDead(['d1', 'none'], { url: world.url }, to)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(world.views.deadLetters().size).toBe(1);
});
