import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const here = new URL('./', import.meta.url);

it('every driver calls the contract suite from a test of its own', async () => {
  const entries = await readdir(here, { withFileTypes: true });
  const drivers = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect(drivers).toContain('embedded');
  for (const driver of drivers) {
    const names = (await readdir(new URL(`${driver}/`, here))).filter((name) => name.endsWith('.test.ts'));
    const texts = await Promise.all(
      names.map((name) => readFile(new URL(`${driver}/${name}`, here), 'utf8')),
    );
    expect(texts.some((text) => text.includes(`storeContract('${driver}'`))).toBe(true);
  }
});

it('every MUST sentence of docs/store.md has its tests', async () => {
  const numbers = (text: string, pattern: RegExp): number[] =>
    [...new Set([...text.matchAll(pattern)].map((match) => Number(match[1])))].sort((a, b) => a - b);
  const docs = await readFile(new URL('../../docs/store.md', here), 'utf8');
  const parts = await readdir(new URL('../testing/store/', here));
  const suite = await Promise.all(
    parts.map((name) => readFile(new URL(`../testing/store/${name}`, here), 'utf8')),
  );
  const sentences = numbers(docs, /^(\d+)\. .*MUST/gm);
  expect(sentences.length).toBeGreaterThan(30);
  expect(numbers(suite.join('\n'), /\bmust\(\s*(\d+),/g)).toEqual(sentences);
});
