import { execFileSync } from 'node:child_process';
import { symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withFolder, writeFiles } from '../testing/config-files.ts';
import { FILE_BYTES } from './files.ts';
import { readSources } from './read.ts';

/** Reads a folder; the files read, relative to it. */
async function filesRead(folder: string): Promise<string[]> {
  const { sources } = await readSources({ directories: [folder] });
  return sources.map((source) => source.file.replace(`${folder}/`, ''));
}

test('every *.json below a directory is read, sorted by path; other names and hidden ones are not', async () => {
  await withFolder(async (folder) => {
    const names = [
      'b.json',
      'a/z.json',
      'a/b/c.json',
      'a.json',
      'a/readme.md',
      '.hidden.json',
      '.d/x.json',
      'x.json.bak',
      'node_modules/some/package.json',
    ];
    await writeFiles(folder, Object.fromEntries(names.map((name) => [name, {}])));
    expect(await filesRead(folder)).toEqual(['a.json', 'a/b/c.json', 'a/z.json', 'b.json']);
  });
});

test('links are followed one directory deep, circles end, and a file is read once', async () => {
  await withFolder(async (folder) => {
    await writeFiles(folder, { 'real/a.json': {}, 'real/more/b.json': {}, '.data/c.json': {} });
    await writeFiles(folder, { 'conf/d.json': {} });
    await symlink('../real', join(folder, 'conf/linked'));
    await symlink('../../real', join(folder, 'real/more/circle'));
    await symlink('..', join(folder, 'conf/up'));
    await symlink('../.data/c.json', join(folder, 'conf/c.json'));
    await symlink('nowhere', join(folder, 'conf/broken'));
    const { sources, problems } = await readSources({ directories: [join(folder, 'conf')] });
    const files = sources.map((source) => source.file.replace(`${folder}/`, ''));
    expect(problems).toEqual([]);
    expect(new Set(files).size).toBe(files.length);
    expect(files).toContain('conf/c.json');
    expect(files).toContain('conf/linked/a.json');
    expect(files).toContain('conf/linked/more/b.json');
    expect(files.filter((file) => file.endsWith('d.json'))).toEqual(['conf/d.json']);
  });
});

test('the file comes first, then the directories in the order given', async () => {
  await withFolder(async (folder) => {
    await writeFiles(folder, { 'z.json': { a: 'z' }, 'two/a.json': {}, 'one/b.json': {} });
    const { sources } = await readSources({
      file: join(folder, 'z.json'),
      directories: [join(folder, 'two'), join(folder, 'one')],
    });
    expect(sources.map((source) => source.file.replace(`${folder}/`, ''))).toEqual([
      'z.json',
      'two/a.json',
      'one/b.json',
    ]);
  });
});

test('a missing file is a warning, a missing directory a problem', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'none.json');
    const directory = join(folder, 'none');
    const { problems, warnings } = await readSources({ file, directories: [directory] });
    expect(warnings).toMatchObject([{ file, message: expect.stringContaining('ENOENT') }]);
    expect(problems).toMatchObject([
      { file: directory, line: null, expected: 'a directory that can be read' },
    ]);
  });
});

test('what is no file, or too large, is a problem', async () => {
  await withFolder(async (folder) => {
    await writeFiles(folder, { 'large.json': '' });
    await truncate(join(folder, 'large.json'), FILE_BYTES + 1);
    execFileSync('mkfifo', [join(folder, 'pipe.json')]);
    const { problems } = await readSources({ file: folder, directories: [folder] });
    expect(problems.map(({ file, expected }) => [file, expected])).toEqual([
      [folder, 'a regular file'],
      [join(folder, 'large.json'), `at most ${FILE_BYTES} bytes`],
      [join(folder, 'pipe.json'), 'a regular file'],
    ]);
  });
});

test('a byte order mark is passed over, and bytes that are no UTF-8 are warned of', async () => {
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'a.json'), Buffer.from([0xef, 0xbb, 0xbf, ...Buffer.from('{"a": "é"}')]));
    await writeFile(join(folder, 'b.json'), Buffer.from('{"b": "é"} // caf\xe9', 'latin1'));
    const { sources, problems, warnings } = await readSources({ directories: [folder] });
    expect(problems).toEqual([]);
    expect(sources[0]?.document).toEqual({ a: 'é' });
    expect(warnings).toMatchObject([{ file: join(folder, 'b.json') }]);
  });
});
