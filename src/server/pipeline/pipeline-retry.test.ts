import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Execution } from '../../runtime/spawner.ts';
import { update } from '../../state/update.ts';
import { ManualClock } from '../../testing/clock.ts';
import { peers } from '../../testing/peers.ts';
import { numbered, type PipelineUnderTest, type Post, pipelineWorld } from '../../testing/pipeline.ts';
import { seededRandom } from '../../testing/random.ts';
import { until } from '../../testing/until.ts';
import { MOST_DEAD_LETTERS } from './dead-letters.ts';

const world = pipelineWorld();
const { pipelineWith, bring, commitOnly, records, due, dead } = world;

/** Lets time pass until nothing is in hand. */
async function through({ pipeline }: PipelineUnderTest, clock: ManualClock, stepMs = 250): Promise<void> {
  for (let step = 0; pipeline.inHand > 0; step++) {
    if (step > 20_000) throw new Error('deliveries never end');
    await clock.advance(stepMs);
  }
}

/** Lets as much time pass as it takes to write down what has ended, some milliseconds. */
async function quiet({ pipeline }: PipelineUnderTest, clock: ManualClock): Promise<void> {
  let idle = false;
  void pipeline.idle().then(() => {
    idle = true;
  });
  while (!idle) {
    await clock.advance(20);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A handler that fails until told otherwise, and what it was told of. */
function failing() {
  const told: string[] = [];
  const state = { fails: true, tries: 0 };
  const post: Post = async ({ action, occurrences }, { deliveryId }) => {
    state.tries++;
    if (state.fails) throw new Error('502');
    told.push(`${action} ${occurrences} ${deliveryId}`);
    return 'told';
  };
  return { told, state, post };
}

const resolving = (occurrences: number) => numbered(occurrences, { action: 'resolve', check: { status: 0 } });

describe('a handler with retry', () => {
  test('that fails for 30 s is told until it works, under the same id', async () => {
    const clock = new ManualClock();
    const ids = new Set<string>();
    let toldMs = 0;
    const post: Post = async (_, { deliveryId }) => {
      ids.add(deliveryId);
      toldMs = clock.elapsed();
      if (toldMs < 30_000) throw new Error('502');
      return 'told';
    };
    const made = pipelineWith({ clock, post, handlers: { mail: { retry: 12 } } });
    await made.pipeline.start();
    const [delivery] = await bring(made.pipeline, numbered(1));
    await through(made, clock);
    expect([...ids]).toEqual([delivery?.id]);
    const [record] = await records();
    expect(record).toMatchObject({ outcome: 'handled', output: 'told' });
    expect(record?.tries).toBe(made.counters.read('deliveries_retried') + 1);
    expect(toldMs).toBeLessThan(120_000);
    expect(await due()).toEqual([]);
    expect(
      made.log.lines.filter(({ message }) => message === 'handler failed and will be told again'),
    ).toHaveLength(made.counters.read('deliveries_retried'));
  });

  test('that always fails ends in a dead letter, and is told when somebody asks for that', async () => {
    const clock = new ManualClock();
    const { post, state, told } = failing();
    const made = pipelineWith({ clock, post, handlers: { mail: { retry: { tries: 3, pause: 2 } } } });
    await made.pipeline.start();
    const [delivery] = await bring(made.pipeline, numbered(1));
    await through(made, clock);
    const [letter] = await dead(1);
    expect(state.tries).toBe(3);
    expect(letter).toMatchObject({
      delivery: { id: delivery?.id, event: { occurrences: 1 } },
      record: { outcome: 'dead', tries: 3, failed: { error: '502' } },
    });
    expect(await records()).toMatchObject([{ outcome: 'dead' }]);
    expect([made.counters.read('deliveries_dead'), made.counters.read('deliveries_failed')]).toEqual([1, 0]);
    expect(made.log.lines.at(-1)?.message).toBe('delivery was given up and is kept as a dead letter');

    state.fails = false;
    await update(made.registry, 'dead', [delivery!.id], (each) => ({ ...each!, again: 7 }));
    await dead(0);
    await through(made, clock);
    await until(() => told.length === 1, 'it is told');
    await through(made, clock);
    expect(told).toEqual([`create 1 ${delivery?.id}`]);
    expect(await due()).toEqual([]);
    expect((await records()).at(-1)).toMatchObject({ outcome: 'handled', tries: 4 });
  });

  test('asks for no place while it rests, and holds up nothing but its own check', async () => {
    const clock = new ManualClock();
    const told: string[] = [];
    const post: Post = async ({ client }) => {
      if (client.name === 'web-1') throw new Error('502');
      told.push(client.name);
      return '';
    };
    const made = pipelineWith({ clock, post, handlers: { mail: { retry: 3, concurrency: 1 } } });
    await made.pipeline.start();
    await bring(made.pipeline, numbered(1), numbered(1, { client: { name: 'web-2' } }));
    await quiet(made, clock);
    expect(told).toEqual(['web-2']);
    expect([made.pipeline.resting, made.pipeline.inHand]).toEqual([1, 1]);
  });

  test('goes on after a restart where it was, in order, not sooner', async () => {
    const clock = new ManualClock();
    const { post, state } = failing();
    const handlers = { mail: { retry: { tries: 4, pause: 100, longest_pause: 100 } } };
    const former = pipelineWith({ clock, post, handlers });
    await former.pipeline.start();
    await bring(former.pipeline, numbered(1), numbered(2));
    await quiet(former, clock);
    await former.pipeline.stop(0);
    await world.reopen();

    const told: number[] = [];
    const again: Post = async ({ occurrences }) => {
      state.tries++;
      told.push(occurrences);
      return '';
    };
    const made = pipelineWith({ clock, post: again, handlers });
    await made.pipeline.start();
    await clock.advance(40_000);
    expect([state.tries, made.pipeline.resting]).toEqual([1, 2]);
    await through(made, clock, 5_000);
    expect(told).toEqual([1, 2]);
    expect((await records()).map(({ tries }) => tries)).toEqual([2, 2]);
  });

  test('stops at once while deliveries rest', async () => {
    const clock = new ManualClock();
    const { post } = failing();
    const made = pipelineWith({ clock, post, handlers: { mail: { retry: 4 } } });
    await made.pipeline.start();
    await bring(made.pipeline, numbered(1));
    await quiet(made, clock);
    await made.pipeline.stop(60_000);
    expect(clock.elapsed()).toBeLessThan(60_000);
    expect(clock.pending).toBe(0);
    expect(await due()).toHaveLength(1);
  });

  test('whose delivery somebody took out of the store is not told again', async () => {
    const clock = new ManualClock();
    const { post, state } = failing();
    const made = pipelineWith({ clock, post, handlers: { mail: { retry: 4 } } });
    await made.pipeline.start();
    const [delivery] = await commitOnly(made.pipeline, numbered(1));
    await world.store.commit([{ writes: [{ kind: 'delivery', name: delivery!.id, value: undefined }] }]);
    made.pipeline.take([delivery!]);
    await quiet(made, clock);
    await through(made, clock);
    expect(state.tries).toBe(1);
    expect(await due()).toEqual([]);
  });
});

describe('a handler without retry', () => {
  const failures: [string, Partial<Execution>, number][] = [
    ['a command that fails', { status: 1, ended: 'exit' }, 1],
    ['a command that is ended by its timeout', { status: 2, ended: 'timeout' }, 1],
    ['a command that cannot be started', { status: 3, ended: 'start' }, 10],
  ];
  test.each(failures)('%s', async (_, execution, tries) => {
    const clock = new ManualClock();
    let ran = 0;
    const run = async (): Promise<Execution> => {
      ran++;
      return { status: 0, output: '', durationMs: 0, ended: 'exit', ...execution };
    };
    const handlers = { mail: { type: 'pipe', command: 'true' } };
    const made = pipelineWith({ clock, handlers, spawner: { run } });
    await made.pipeline.start();
    await bring(made.pipeline, numbered(1));
    await through(made, clock, 1_000);
    expect(ran).toBe(tries);
    expect(await records()).toMatchObject([{ outcome: tries === 1 ? 'failed' : 'dead' }]);
    await dead(tries === 1 ? 0 : 1);
  });

  test('of type tcp is told when its receiver can be reached again', async () => {
    const own = peers();
    const port = await own.serve(createServer());
    await own.close();
    let received = '';
    const clock = new ManualClock();
    const made = pipelineWith({
      clock,
      handlers: { mail: { type: 'tcp', socket: { host: '127.0.0.1', port } } },
    });
    await made.pipeline.start();
    await bring(made.pipeline, numbered(1));
    await until(() => made.pipeline.resting === 1, 'the connection was refused');
    const server = createServer((socket) => {
      socket.on('data', (data) => {
        received += data.toString();
      });
      socket.on('end', () => socket.end());
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    await through(made, clock);
    server.close();
    expect(await records()).toMatchObject([{ outcome: 'handled', tries: 2 }]);
    expect(received).not.toBe('');
  });

  test('of type tcp whose receiver hangs up is not told again', async () => {
    const own = peers();
    const port = await own.serve(
      createServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
    );
    const event = numbered(1, { check: { output: 'x'.repeat(5_000_000) } });
    const made = pipelineWith({ handlers: { mail: { type: 'tcp', socket: { host: '127.0.0.1', port } } } });
    await made.pipeline.start();
    await bring(made.pipeline, event);
    await made.pipeline.idle();
    expect(await records()).toMatchObject([{ outcome: 'failed' }]);
    await own.close();
  });
});

describe('a resolve', () => {
  const handlers = { mail: { retry: { tries: 9, pause: 10 } } };

  test('supersedes what rests of its event, and what stands behind that; it is told itself', async () => {
    const clock = new ManualClock();
    const { post, state, told } = failing();
    const made = pipelineWith({ clock, post, handlers });
    await made.pipeline.start();
    await bring(made.pipeline, numbered(1), numbered(2));
    await quiet(made, clock);
    state.fails = false;
    const [resolve] = await bring(made.pipeline, resolving(1));
    await quiet(made, clock);
    expect(told).toEqual([`resolve 1 ${resolve?.id}`]);
    expect(await due()).toEqual([]);
    expect((await records()).map(({ outcome, action, failed }) => [outcome, action, failed?.error])).toEqual([
      ['superseded', 'create', '502'],
      ['superseded', 'create', undefined],
      ['handled', 'resolve', undefined],
    ]);
    expect(made.counters.read('deliveries_superseded')).toBe(2);
    expect(made.pipeline.inHand).toBe(0);
  });

  test('that comes while a try runs supersedes it when that fails', async () => {
    let fail: (error: Error) => void = () => {};
    const told: string[] = [];
    const post: Post = ({ action }) => {
      told.push(action);
      return action === 'resolve'
        ? Promise.resolve('')
        : new Promise((_, reject) => {
            fail = reject;
          });
    };
    const made = pipelineWith({ post, handlers });
    await made.pipeline.start();
    await bring(made.pipeline, numbered(1), numbered(2), resolving(1));
    fail(new Error('502'));
    await made.pipeline.idle();
    expect(told).toEqual(['create', 'resolve']);
    expect((await records()).map(({ outcome }) => outcome)).toEqual(['superseded', 'superseded', 'handled']);
  });

  test('leaves alone what went well so far, and events of its own kind', async () => {
    const { post, state, told } = failing();
    state.fails = false;
    const clock = new ManualClock();
    const made = pipelineWith({ clock, post, handlers });
    await made.pipeline.start();
    await bring(made.pipeline, numbered(1), numbered(2), resolving(3));
    await quiet(made, clock);
    expect(told.map((text) => text.slice(0, 9).trim())).toEqual(['create 1', 'create 2', 'resolve 3']);
    state.fails = true;
    await bring(made.pipeline, numbered(4, { id: 'other' }));
    await quiet(made, clock);
    state.fails = false;
    await bring(made.pipeline, resolving(5));
    await through(made, clock);
    expect(told.slice(3).map((text) => text.slice(0, 9).trim())).toEqual(['create 4', 'resolve 5']);
  });

  test('that waits in the store for room supersedes what rests all the same', async () => {
    const clock = new ManualClock();
    const { post, state } = failing();
    const made = pipelineWith({ clock, post, handlers, mostInHand: 1 });
    await made.pipeline.start();
    await bring(made.pipeline, numbered(1));
    await until(() => made.pipeline.resting === 1, 'it rests');
    state.fails = false;
    await bring(made.pipeline, resolving(1));
    await quiet(made, clock);
    expect((await records()).map(({ outcome }) => outcome)).toEqual(['superseded', 'handled']);
  });
});

describe('dead letters', () => {
  const letter = (number: number, timestamp: number) => {
    const id = String(number).padStart(6, '0');
    const delivery = { id, handler: 'mail', event: numbered(number), tries: 3 };
    const record = {
      ...{ event_id: 'e', client: 'web-1', check: 'disk', handler: 'mail', action: 'create' as const },
      ...{ status: 2, occurrences: 1, timestamp, outcome: 'dead' as const },
    };
    return { kind: 'dead', name: id, value: { delivery, record, timestamp } };
  };

  test('are bounded in number: the oldest are dropped and counted', async () => {
    const clock = new ManualClock();
    const made = pipelineWith({ clock });
    await made.pipeline.start();
    const now = Math.floor(clock.now() / 1000);
    const writes = Array.from({ length: MOST_DEAD_LETTERS + 5 }, (_, index) => letter(index, now + index));
    await world.store.commit([{ writes }]);
    const left = await dead(MOST_DEAD_LETTERS);
    expect(left.map(({ timestamp }) => timestamp).sort()[0]).toBe(now + 5);
    await until(() => made.counters.read('dead_letters_dropped') === 5, 'five are counted');
  });

  test('are bounded in age', async () => {
    const clock = new ManualClock();
    const made = pipelineWith({ clock });
    await made.pipeline.start();
    const now = Math.floor(clock.now() / 1000);
    await world.store.commit([{ writes: [letter(1, now - 31 * 86_400), letter(2, now - 29 * 86_400)] }]);
    await dead(1);
    clock.step(2 * 86_400_000);
    await clock.advance(20_000);
    await dead(0);
  });

  test('that two servers are asked to send go to one of them', async () => {
    let told = 0;
    const post: Post = async () => String(++told);
    const one = pipelineWith({ post });
    const two = pipelineWith({ post });
    await one.pipeline.start();
    await two.pipeline.start();
    const { kind, name, value } = letter(1, Math.floor(Date.now() / 1000));
    await world.store.commit([{ writes: [{ kind, name, value: { ...value, again: 1 } }] }]);
    await dead(0);
    await until(() => told > 0, 'it is told');
    await Promise.all([one.pipeline.idle(), two.pipeline.idle()]);
    expect(told).toBe(1);
    expect(await due()).toEqual([]);
  });
});

test('pauses come from chance that is handed in', async () => {
  const clock = new ManualClock();
  const { post } = failing();
  const handlers = { mail: { retry: 2 } };
  const made = pipelineWith({ clock, post, handlers, random: { ...seededRandom(), number: () => 0.5 } });
  await made.pipeline.start();
  await bring(made.pipeline, numbered(1));
  await quiet(made, clock);
  const line = made.log.lines.find(({ message }) => message === 'handler failed and will be told again');
  expect(line).toMatchObject({
    level: 'warn',
    fields: { handler: 'mail', try: 2, in_seconds: 0.75, error: '502' },
  });
});
