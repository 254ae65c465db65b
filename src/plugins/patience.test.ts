import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../testing/clock.ts';
import { patiently, SILENCE } from './patience.ts';

/** A question whose answer the test gives, or never. */
function question() {
  const asked = { times: 0, answer: (_value: string): void => {}, fail: (_error: Error): void => {} };
  const ask = () => {
    asked.times++;
    return new Promise<string>((resolve, reject) => {
      asked.answer = resolve;
      asked.fail = reject;
    });
  };
  return { asked, ask };
}

const limits = () => ({ clock: new ManualClock(), signal: new AbortController().signal });

describe('a question that may not be answered', () => {
  it('gives its answer and leaves no timer behind', async () => {
    const context = limits();
    expect(await patiently('a', async () => 'answer', context, 5000)).toBe('answer');
    await expect(patiently('a', () => Promise.reject(new Error('no')), context, 5000)).rejects.toThrow('no');
    expect(context.clock.pending).toBe(0);
  });

  it('is given up in time, not asked again while it is open, and asked again after', async () => {
    const context = limits();
    const { asked, ask } = question();
    const first = patiently('a', ask, context, 5000);
    await context.clock.advance(5000);
    expect(await first).toBe(SILENCE);
    expect(await patiently('a', ask, context, 5000)).toBe(SILENCE);
    expect(asked.times).toBe(1);
    asked.answer('late');
    await settle();
    expect(await patiently('a', async () => 'again', context, 5000)).toBe('again');
    expect(context.clock.pending).toBe(0);
  });

  it('is asked once for all who ask at the same time', async () => {
    const context = limits();
    const { asked, ask } = question();
    const both = Promise.all([patiently('a', ask, context, 5000), patiently('a', ask, context, 5000)]);
    await settle();
    asked.answer('one');
    expect(await both).toEqual(['one', 'one']);
    expect(asked.times).toBe(1);
  });

  it('takes one of two places, and waits for one to come free', async () => {
    const context = limits();
    const [one, two, three] = [question(), question(), question()];
    const first = patiently('a', one.ask, context, 5000);
    const second = patiently('b', two.ask, context, 5000);
    const third = patiently('c', three.ask, context, 5000);
    await settle();
    expect(three.asked.times).toBe(0);
    one.asked.fail(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await settle();
    three.asked.answer('third');
    expect(await third).toBe('third');
    two.asked.answer('second');
    expect(await second).toBe('second');
  });

  it('is not asked when both places are taken for good', async () => {
    const context = limits();
    const [one, two, three] = [question(), question(), question()];
    const given = [patiently('a', one.ask, context, 5000), patiently('b', two.ask, context, 5000)];
    const third = patiently('c', three.ask, context, 4000);
    await context.clock.advance(5000);
    expect(await Promise.all([...given, third])).toEqual([SILENCE, SILENCE, SILENCE]);
    expect(await patiently('c', three.ask, context, 5000)).toBe(SILENCE);
    expect(three.asked.times).toBe(0);
    one.asked.answer('late');
    two.asked.fail(new Error('late'));
    await settle();
    expect(await patiently('c', async () => 'now', context, 5000)).toBe('now');
  });

  it('ends when it is told to', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const { asked, ask } = question();
    const answer = patiently('the file /x', ask, { clock, signal: controller.signal }, 5000);
    await settle();
    controller.abort(new DOMException('too long', 'TimeoutError'));
    await expect(answer).rejects.toMatchObject({
      message: 'timed out waiting for the file /x',
      fault: 'target',
    });
    await expect(patiently('b', ask, { clock, signal: controller.signal }, 5)).rejects.toThrow(
      'waiting for b',
    );
    expect(clock.pending).toBe(0);
    asked.answer('late');
    await settle();
  });
});
