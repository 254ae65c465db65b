import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CatalogueLine } from './catalogue.ts';

const files = readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('-catalogue.ts'));
const rows = await Promise.all(
  files.map(async (file) => {
    const { catalogue } = (await import(new URL(file, import.meta.url).href)) as {
      catalogue: CatalogueLine[];
    };
    return { file, catalogue };
  }),
);

describe.each(rows)('$file', ({ file, catalogue }) => {
  it('holds every line in one way', () => {
    for (const { line, run, tested, exempt } of catalogue) {
      expect([line, [run, tested, exempt].filter((way) => way !== undefined).length]).toEqual([line, 1]);
      if (exempt !== undefined) expect(exempt.length).toBeGreaterThan(10);
    }
  });

  it('has no line twice', () => {
    const lines = catalogue.map(({ source, line }) => `${source}: ${line}`);
    expect(lines.filter((line, index) => lines.indexOf(line) !== index)).toEqual([]);
  });

  it('names tests that exist', () => {
    const named = catalogue.flatMap(({ tested }) => (tested === undefined ? [] : [tested]));
    expect(named.filter((tested) => !exists(tested))).toEqual([]);
  });

  it('runs what can be run', () => {
    const runs = catalogue.some(({ run }) => run !== undefined);
    if (runs) expect(existsSync(new URL(file.replace('.ts', '.test.ts'), import.meta.url))).toBe(true);
  });
});

it('tells how much of it is held', () => {
  const lines = rows.flatMap(({ catalogue }) => catalogue);
  const count = (way: 'run' | 'tested' | 'exempt') => lines.filter((line) => line[way] !== undefined).length;
  const told = `${count('run')} held here, ${count('tested')} tested elsewhere, ${count('exempt')} exempt`;
  process.stdout.write(`catalogue: ${lines.length} lines: ${told}\n`);
  for (const { source, line, exempt } of lines) {
    if (exempt !== undefined) process.stdout.write(`  exempt: ${source}: ${line}: ${exempt}\n`);
  }
  expect(lines.length).toBeGreaterThan(0);
});

/** True when the file that is named has a test of the name. */
function exists(tested: string): boolean {
  const [file = '', name = ''] = tested.split(/: (.*)/s);
  const place = new URL(`../../${file}`, import.meta.url);
  return name !== '' && existsSync(place) && readFileSync(place, 'utf8').includes(name);
}
