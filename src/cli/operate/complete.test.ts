import { Argument, Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { candidates, type NameSource, type QuerySource } from './complete.ts';

const NAMES: Record<Parameters<NameSource>[0], string[]> = {
  clients: ['web-1', 'web-2', 'db-1'],
  checks: ['disk', 'load'],
  events: ['web-1/disk'],
  silences: ['client:web-1:*'],
  aggregates: ['webservers'],
};

function program(): Command {
  const made = new Command('tocsin');
  made
    .command('events')
    .argument('[client[/check]]')
    .option('--watch', 'go on')
    .option('--url <address>', 'where');
  made.command('resolve').argument('<client/check...>');
  made
    .command('search')
    .addArgument(new Argument('<subject>').choices(['events', 'clients']))
    .argument('[query...]');
  const silence = made.command('silence').description('keep quiet');
  silence
    .command('add')
    .description('new')
    .option('--client <client>', 'whose')
    .option('--check <check>', 'which');
  silence.command('clear').argument('<id...>');
  made.command('secret', { hidden: true });
  return made;
}

/** As the server would: fields of the subject, whatever stands before. */
const queries: QuerySource = async (subject, written) =>
  ['status:', 'check:'].map((word) => ({ word, meaning: `${subject}, word ${written.length}` }));

async function words(...line: string[]): Promise<string[]> {
  return (await candidates(program(), line, async (kind) => NAMES[kind], queries)).map(({ word }) => word);
}

describe('completion offers', () => {
  it('commands, but none that is hidden', async () => {
    expect(await words('')).toEqual(['events', 'resolve', 'search', 'silence', 'help']);
    expect(await words('s')).toEqual(['search', 'silence']);
    expect(await words('sec')).toEqual([]);
  });

  it('commands below a command, with what they do', async () => {
    expect(await candidates(program(), ['silence', 'a'], async () => [], queries)).toEqual([
      { word: 'add', meaning: 'new' },
    ]);
  });

  it('names of clients, also behind a flag without a value', async () => {
    expect(await words('events', 'web')).toEqual(['web-1', 'web-2']);
    expect(await words('events', '--watch', 'd')).toEqual(['db-1']);
  });

  it('flags of the command that stands there', async () => {
    expect(await words('events', '--')).toEqual(['--watch', '--url']);
    expect(await words('silence', 'add', '--c')).toEqual(['--client', '--check']);
  });

  it('what fits the flag before, and nothing where only the user knows', async () => {
    expect(await words('silence', 'add', '--client', '')).toEqual(['web-1', 'web-2', 'db-1']);
    expect(await words('silence', 'add', '--client', 'web-1', '--check', 'l')).toEqual(['load']);
    expect(await words('events', '--url', '')).toEqual([]);
  });

  it('names again and again where many can stand', async () => {
    expect(await words('resolve', 'web-1/disk', 'web')).toEqual(['web-1/disk']);
    expect(await words('silence', 'clear', 'x', 'client:')).toEqual(['client:web-1:*']);
  });

  it('what can be written next in a search, also in the one of resolve', async () => {
    expect(await words('search', 'events', 'client:web-1', '')).toEqual(['status:', 'check:']);
    expect(await words('search', 'events', 's')).toEqual(['status:']);
    expect(await words('resolve', 'che')).toEqual(['check:']);
    expect(await words('search', 'events', '--', 'x', '--')).toEqual([]);
    const [found] = await candidates(program(), ['search', 'clients', 'a', 'st'], async () => [], queries);
    expect(found).toEqual({ word: 'status:', meaning: 'clients, word 2' });
  });

  it('the choices of an argument', async () => {
    expect(await words('search', '')).toEqual(['events', 'clients']);
  });
});
