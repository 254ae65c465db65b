import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { checkContext } from '../testing/plugin-context.ts';
import { outcomeOf, processCheck } from './process.ts';

const sum = (count: number, unseen = 0) => ({
  count,
  memoryBytes: count * 2 ** 20,
  cpuSeconds: count / 3,
  unseen,
});

describe('process', () => {
  it('is critical without a process, unless other limits are given', () => {
    expect(outcomeOf(sum(0), { name: 'nginx' })).toEqual({
      status: 2,
      output: `PROCESS CRITICAL: no process named "nginx" | 'processes'=0;;1:;0 'memory'=0B;;;0 'cpu_seconds'=0c;;;0`,
      fault: 'target',
    });
    expect(outcomeOf(sum(0), { name: 'nginx', critical: 0 }).status).toBe(0);
    expect(outcomeOf(sum(0), { name: 'nginx', warning: '1:' }).status).toBe(1);
    expect(outcomeOf(sum(5), { warning: '1:4', critical: '1:8' }).status).toBe(1);
  });

  it('says what it counted', () => {
    const { output } = outcomeOf(sum(2), { name: 'sh', command: 'backup', user: 'root' });
    expect(output).toMatch(
      /^PROCESS OK: 2 processes named "sh" with "backup" in the command line of user root, 2 MiB \|/,
    );
    expect(output).toContain("'cpu_seconds'=0.67c");
  });

  it('does not blame the machine for what we may not see', () => {
    expect(outcomeOf(sum(0, 40), { name: 'nginx' })).toMatchObject({ status: 3, fault: 'ours' });
    expect(outcomeOf(sum(1, 40), { name: 'nginx' }).status).toBe(0);
  });

  it('finds a process on this machine, and notices that it ended', async () => {
    const mark = `tocsin-process-check-${process.pid}`;
    const child = spawn(
      process.execPath,
      ['-e', 'process.stdout.write("up"); setInterval(() => {}, 1000)', mark],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    try {
      await once(child.stdout, 'data');
      const named = { name: 'node', command: mark, user: `${process.getuid?.()}` };
      expect(await processCheck.run(named, checkContext())).toMatchObject({
        status: 0,
        output: expect.stringMatching(
          /^PROCESS OK: 1 process named "node" with .*, [\d.]+ MiB \| 'processes'=1;;1:;0/,
        ),
      });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    const gone = await processCheck.run({ command: mark }, checkContext());
    expect(gone).toMatchObject({ status: 2, fault: 'target' });
  });

  it('counts all without options', async () => {
    expect(await processCheck.run({}, checkContext())).toMatchObject({ status: 0 });
  });

  it('says when it does not know a user', async () => {
    const outcome = await processCheck.run({ user: 'no such user' }, checkContext());
    expect(outcome).toMatchObject({
      status: 3,
      fault: 'ours',
      output: expect.stringContaining('/etc/passwd'),
    });
  });

  it('ends when it is told to', async () => {
    const outcome = await processCheck.run({}, checkContext({ signal: AbortSignal.abort() }));
    expect(outcome).toMatchObject({ status: 3, fault: 'ours' });
  });
});
