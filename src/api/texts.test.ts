import { describe, expect, it } from 'vitest';
import { Texts } from './texts.ts';

describe('texts that are kept', () => {
  it('are made once for each stored object, and anew for a new one of the same name', () => {
    const texts = new Texts();
    let made = 0;
    const document = (item: { name: string; status: number }) => {
      made++;
      return { told: item.status };
    };
    const disk = { name: 'disk', status: 0 };
    expect(texts.of(disk, disk, document).bytes.toString()).toBe(',{"told":0}');
    expect(texts.of(disk, disk, document).bytes.toString()).toBe(',{"told":0}');
    expect(made).toBe(1);
    const later = { ...disk, status: 2 };
    expect(texts.of(later, later, document).bytes.toString()).toBe(',{"told":2}');
    expect(made).toBe(2);
  });

  it('are forgotten when they have become too many, but for those that are asked for', () => {
    const texts = new Texts();
    const wanted = { size: 1 };
    let made = 0;
    const large = ({ size }: { size: number }) => {
      made++;
      return 'x'.repeat(size);
    };
    const first = { size: 1_000_000 };
    texts.of(first, first, large);
    for (let count = 0; count < 40; count++) {
      texts.of(wanted, wanted, large);
      const other = { size: 1_000_000 };
      texts.of(other, other, large);
    }
    expect(made).toBe(42);
    texts.of(wanted, wanted, large);
    expect(made).toBe(42);
    texts.of(first, first, large);
    expect(made).toBe(43);
  });
});
