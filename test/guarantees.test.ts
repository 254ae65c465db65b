import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const HEADING = 'held by';

/** The tables of a page: their rows, by what stands above each column. */
function tablesOf(page: string): Record<string, string>[] {
  const rows: Record<string, string>[] = [];
  let columns: string[] | undefined;
  for (const line of page.split('\n')) {
    const cells = line.startsWith('|')
      ? line
          .slice(1, -1)
          .split(' | ')
          .map((cell) => cell.trim())
      : undefined;
    if (!cells) columns = undefined;
    else if (!columns) columns = cells;
    else if (!line.startsWith('|---')) {
      const names = columns;
      rows.push(Object.fromEntries(cells.map((cell, index) => [names[index] ?? '', cell])));
    }
  }
  return rows;
}

test('each promise names tests that hold it, and every test that is named exists', () => {
  const rows = tablesOf(readFileSync(`${ROOT}/docs/guarantees.md`, 'utf8'));
  expect(rows.length).toBeGreaterThan(30);
  for (const row of rows) {
    const named = row[HEADING]?.match(/`[^`]+`/g)?.map((file) => file.slice(1, -1)) ?? [];
    const missing = named.filter((file) => !/\.test\.ts$/.test(file) || !existsSync(`${ROOT}/${file}`));
    expect({ row, missing, some: named.length > 0 }).toEqual({ row, missing: [], some: true });
  }
});
