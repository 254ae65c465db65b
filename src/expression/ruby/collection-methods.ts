import type { Budget } from '../budget.ts';
import { inRange, order, same } from '../compare.ts';
import { ExpressionError } from '../mistake.ts';
import { Pattern } from '../pattern.ts';
import { isTrue, kindOf, Name, Range } from '../values.ts';
import { type Bodies, method, methods, textArgument, wholeArgument } from './method.ts';

/** What texts, lists, hashes and ranges hold. */
const size: Bodies = {
  String: (text, _, budget) => {
    budget.build(text.length);
    return [...text].length;
  },
  Array: (list) => list.length,
  Hash: (hash) => Object.keys(hash).length,
};
const includes: Bodies = {
  String: (text, [part], budget) => {
    budget.work(text.length);
    return text.includes(textArgument(part, 'include?'));
  },
  Array: (list, [item], budget) => list.some((one) => same(one, item, budget)),
  Hash: (hash, [key]) => hasKey(hash, key),
  Range: (range: Range, [value]) => inRange(range, value),
};
const hash: Bodies = { Hash: (members, [key]) => hasKey(members, key) };
const range: Bodies = { Range: (known: Range, [value]) => inRange(known, value) };

export const collectionMethods = {
  ...methods([1, 1], { 'include?': includes, 'member?': includes, 'cover?': range }),
  ...methods([1, 1], { 'key?': hash, 'has_key?': hash }),
  ...methods([0, 0], {
    size,
    length: size,
    count: { Array: (list) => list.length, Hash: (known) => Object.keys(known).length },
  }),
  ...methods([0, 0], {
    'nil?': { nil: () => true, any: () => false },
    'empty?': {
      String: (text) => text === '',
      Array: (list) => list.length === 0,
      Hash: (members) => Object.keys(members).length === 0,
    },
    keys: { Hash: (members) => Object.keys(members).map((name) => new Name(name)) },
    values: { Hash: (members) => Object.values(members) },
  }),
  ...methods([0, 1], {
    'any?': {
      Array: (list, args, budget) => list.some((item) => counts(item, args, budget)),
      Hash: (members) => Object.keys(members).length > 0,
    },
    'all?': { Array: (list, args, budget) => list.every((item) => counts(item, args, budget)) },
    'none?': { Array: (list, args, budget) => !list.some((item) => counts(item, args, budget)) },
    first: {
      Array: (list, args) =>
        args.length === 0 ? (list[0] ?? null) : list.slice(0, countOf(args[0], 'first')),
      Range: (known: Range) => known.from,
    },
    last: {
      Array: (list, args) => {
        if (args.length === 0) return list.at(-1) ?? null;
        const count = countOf(args[0], 'last');
        return count === 0 ? [] : list.slice(-count);
      },
      Range: (known: Range) => known.to,
    },
  }),
  'between?': method('between?', [2, 2], {
    any: (value, [low, high]) => {
      const [above, below] = [order(value, low), order(value, high)];
      if (above === undefined || below === undefined) {
        throw new ExpressionError(`a ${kindOf(value)} cannot be between what was given`);
      }
      return above >= 0 && below <= 0;
    },
  }),
  dig: method('dig', [1, 8], {
    Hash: (members, keys, budget) =>
      keys.reduce((value, key) => itemAt(value, key, budget), members as unknown),
    Array: (list, keys, budget) => keys.reduce((value, key) => itemAt(value, key, budget), list as unknown),
  }),
};

/** What stands in the brackets behind a value. Names of a hash may be symbols or texts. */
export function itemAt(receiver: unknown, index: unknown, budget: Budget): unknown {
  if (Array.isArray(receiver)) return listItem(receiver, index, budget);
  if (typeof receiver === 'string') return textItem(receiver, index, budget);
  const kind = kindOf(receiver);
  if (kind !== 'Hash')
    throw new ExpressionError(
      `there is nothing in the brackets of ${kind === 'nil' ? 'nil: the attribute is missing or null' : `a ${kind}`}`,
    );
  const members = receiver as Record<string, unknown>;
  const name = keyOf(index);
  return name !== undefined && Object.hasOwn(members, name) ? (members[name] ?? null) : null;
}

function listItem(list: readonly unknown[], index: unknown, budget: Budget): unknown {
  if (!(index instanceof Range)) return list.at(wholeArgument(index, 'a list')) ?? null;
  const [from, to] = bounds(index, list.length);
  budget.build(Math.max(0, to - from));
  return from > list.length ? null : list.slice(from, to);
}

function textItem(text: string, index: unknown, budget: Budget): unknown {
  if (typeof index === 'string') return text.includes(index) ? index : null;
  if (index instanceof Pattern) return index.find(text, budget)?.groups[0] ?? null;
  budget.build(text.length);
  const characters = [...text];
  if (!(index instanceof Range)) return characters.at(wholeArgument(index, 'a text')) ?? null;
  const [from, to] = bounds(index, characters.length);
  return from > characters.length ? null : characters.slice(from, to).join('');
}

function bounds(known: Range, length: number): [from: number, to: number] {
  const place = (end: unknown): number => {
    const at = wholeArgument(end, 'a range in brackets');
    return at < 0 ? Math.max(0, length + at) : at;
  };
  return [place(known.from), place(known.to) + (known.exclusive ? 0 : 1)];
}

function keyOf(key: unknown): string | undefined {
  return key instanceof Name ? key.name : typeof key === 'string' ? key : undefined;
}

function hasKey(members: Record<string, unknown>, key: unknown): boolean {
  const name = keyOf(key);
  return name !== undefined && Object.hasOwn(members, name);
}

/** Whether an item counts for `any?`, `all?` and `none?`: it is true, or fits the pattern, range or value given. */
function counts(item: unknown, args: readonly unknown[], budget: Budget): boolean {
  budget.step();
  if (args.length === 0) return isTrue(item);
  const [wanted] = args;
  if (wanted instanceof Pattern) return typeof item === 'string' && wanted.test(item, budget);
  return wanted instanceof Range ? inRange(wanted, item) : same(wanted, item, budget);
}

function countOf(value: unknown, name: string): number {
  const count = wholeArgument(value, name);
  if (count < 0) throw new ExpressionError(`${name} takes no negative number`);
  return count;
}
