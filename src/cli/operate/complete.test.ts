import { Argument, Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { candidates, type FileNames, type Line, type QuerySource, type ServerNames } from './complete.ts';

const NAMES: Record<ServerNames | FileNames, string[]> = {
  clients: ['web-1', 'web-2', 'db-1'],
  checks: ['disk', 'load'],
  events: ['web-1/disk'],
  silences: ['client:web-1:*'],
  aggregates: ['webservers'],
  stashes: ['owner/web-1'],
  users: ['ann'],
  tokens: ['3f0c9a1b2d4e'],
  'dead letters': ['01900000-0000-7000-8000-000000000001'],
  'configured checks': ['backup', 'disk'],
  'configured handlers': ['mail'],
  'configured paths': ['checks.disk', 'checks.backup'],
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
  const configured = (parent: string, command: string, argument: string) =>
    made
      .command(parent, { hidden: true })
      .command(command)
      .argument(argument)
      .option('-c, --config <file>', 'file')
      .option('-d, --config-dir <folder...>', 'folders');
  configured('config', 'explain', '[path]');
  configured('check', 'run', '[name]');
  configured('handler', 'test', '[name]');
  made.command('stash', { hidden: true }).command('show').argument('<path>');
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

  it('what stands in the files of the line, and paths of stashes', async () => {
    expect(await words('config', 'explain', 'checks.d')).toEqual(['checks.disk']);
    expect(await words('check', 'run', '')).toEqual(['backup', 'disk']);
    expect(await words('handler', 'test', '')).toEqual(['mail']);
    expect(await words('stash', 'show', 'own')).toEqual(['owner/web-1']);
  });

  it('with the files and the word that is begun, behind folders as before them', async () => {
    const lines: Line[] = [];
    const names = async (_: string, line: Line): Promise<string[]> => {
      lines.push(line);
      return ['disk'];
    };
    const line = ['check', 'run', '-d', 'a', '--config-dir', 'b', '-c', 'c.json', 'd'];
    const found = await candidates(program(), line, names, queries);
    expect(found.map(({ word }) => word)).toEqual(['disk']);
    expect(lines).toEqual([{ begun: 'd', config: 'c.json', configDir: ['a', 'b'] }]);
  });

  it('the choices of an argument', async () => {
    expect(await words('search', '')).toEqual(['events', 'clients']);
  });
});
