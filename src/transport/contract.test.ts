import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { TRANSPORT_CASES } from '../testing/transport-contract.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

describe('the transport contract', () => {
  it('is run by every driver', () => {
    const drivers = readdirSync(here, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(drivers.map((driver) => driver.name)).toContain('memory');
    for (const driver of drivers) {
      const tests = readdirSync(`${here}${driver.name}`).filter((file) => file.endsWith('.test.ts'));
      const sources = tests.map((file) => readFileSync(`${here}${driver.name}/${file}`, 'utf8'));
      expect(
        sources.some((source) => source.includes('transportContract(')),
        driver.name,
      ).toBe(true);
    }
  });

  it('tests every numbered sentence of its page, and no other', () => {
    const page = readFileSync(`${here}../../docs/transport.md`, 'utf8');
    const sentences = [...page.matchAll(/^(\d+)\. .*MUST/gm)].map((match) => Number(match[1]));
    expect(sentences).toEqual(sentences.map((_, index) => index + 1));
    expect([...new Set(TRANSPORT_CASES.map((one) => one.must))]).toEqual(sentences);
  });
});
