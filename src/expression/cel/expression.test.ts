import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { ExpressionError } from '../mistake.ts';
import { parseExpression } from './index.ts';

const issued = Date.UTC(2026, 0, 7, 11, 30) / 1000;
const variables = {
  client: { name: 'web-1', subscriptions: ['web', 'linux'], aws: { region: 'eu' }, load: 2.5, note: null },
  check: {
    name: 'disk',
    status: 2,
    issued,
    output: 'disk full',
    dependencies: [{ name: 'a' }, { name: 'b' }],
  },
  event: { action: 'create', occurrences: 120, silenced: false },
};

function passes(text: string, given: Parameters<typeof run>[1] = variables): boolean {
  return run(text, given);
}

function run(text: string, given: { client: unknown; check: unknown; event: unknown }): boolean {
  const { value: expression, mistake } = parseExpression(text);
  if (mistake !== undefined) throw new Error(`${mistake.message} at ${mistake.position} of ${text}`);
  return expression.passes(given);
}

test.each([
  ['check.status == 2 && client.name.startsWith("web")', true],
  ['event.occurrences % 60 == 0', true],
  ['event.occurrences / 50 == 2 && 7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1', true],
  ['client.load > 2 && client.load * 2 == 5 && client.load + 1 == 3.5', true],
  ['check.status in [1, 2] && !(check.status in [0])', true],
  ['"region" in client.aws && !("zone" in client.aws)', true],
  ['client.aws["region"] == "eu" && client.subscriptions[1] == "linux"', true],
  ['client.note == null && client.name != null', true],
  ['1 == 1.0 && "1" != 1 && [1, 2.0] == [1.0, 2] && {"a": 1} == {"a": 1.0}', true],
  ['client.subscriptions.exists(s, s == "web") && !client.subscriptions.all(s, s == "web")', true],
  ['client.subscriptions.exists_one(s, s.size() == 3)', true],
  ['client.subscriptions.filter(s, s.startsWith("w")) == ["web"]', true],
  ['check.dependencies.map(d, d.name) == ["a", "b"]', true],
  ['check.dependencies.map(d, d.name == "b", d.name) == ["b"]', true],
  ['client.aws.exists(name, name == "region")', true],
  ['check.output.matches("^disk .*l$") && !check.output.matches("FULL")', true],
  ['check.output.matches(client.aws.region)', false],
  ['check.output.contains("full") && check.output.endsWith("full") && size(check.output) == 9', true],
  [
    'check.output.split(" ").size() == 2 && " A ".trim().lowerAscii() == "a" && "a".upperAscii() == "A"',
    true,
  ],
  ['string(check.status) == "2" && int("2") == 2 && double("2.5") == 2.5 && int(2.9) == 2', true],
  ['has(client.aws.region) && !has(client.aws.zone) && !has(client.gcp.zone) && has(client.note)', true],
  ['!has(client.__proto__) && !has(client.constructor) && !("toString" in client)', true],
  ['has(client.gcp) ? client.gcp.zone == "a" : true', true],
  ['client.gcp.zone == "a" || true', true],
  ['!(client.gcp.zone == "a" && false)', true],
  ['client.subscriptions.exists(s, s == "web" || s.gcp)', true],
  ['timestamp(check.issued).getHours() == 11 && timestamp(check.issued).getMinutes() == 30', true],
  ['timestamp(check.issued).getHours("Europe/Berlin") == 12', true],
  ['timestamp("0050-06-01T12:00:00Z").getFullYear("Asia/Tokyo") == 50', true],
  ['timestamp("1890-01-01T00:00:00Z").getMinutes("Europe/Berlin") == 53', true],
  [
    'timestamp(check.issued).getDayOfWeek("Asia/Tokyo") == 3 && timestamp(check.issued).getFullYear() == 2026',
    true,
  ],
  [
    'timestamp(check.issued) < timestamp("2026-01-07T12:00:00Z") && int(timestamp(check.issued)) == check.issued',
    true,
  ],
  ['timestamp(check.issued).getMonth() == 0 && timestamp(check.issued).getDate() == 7', true],
  ['timestamp(check.issued).getDayOfMonth() == 6 && timestamp(check.issued).getDayOfYear() == 6', true],
  ['-client.load < 0 && -(1) == -1', true],
  ['event.action == "resolve" ? true : event.silenced', false],
])('%s is %s', (text, expected) => {
  expect(passes(text)).toBe(expected);
});

test.each([
  ['client.gcp.zone == "a"', 'there is no client.gcp; has(client.gcp) asks'],
  ['client.constructor == 1', 'there is no client.constructor'],
  ['client.gcp.zone == "a" || false', 'there is no client.gcp'],
  ['check.status', 'neither true nor false but the number 2'],
  ['check.status && true', '&& takes true or false'],
  ['check.output > 1', 'no > between a String and the number 1'],
  ['check.output + 1 == ""', 'no + between'],
  ['1 / 0 == 1', 'divided by 0'],
  ['client.subscriptions[5] == ""', 'a list of 2 has no such item'],
  ['check.status.exists(s, s)', 'exists takes a list'],
  ['check.status.contains("a")', 'contains takes a text'],
  ['size(check.status) == 1', 'size takes'],
  ['int("x") == 1', 'int takes'],
  ['timestamp("x") == timestamp(0)', 'timestamp takes'],
  ['timestamp(0).getHours("Mars") == 1', 'no time zone "Mars"'],
  ['"a".matches(check.output + "(")', 'the pattern cannot be read'],
  ['client.subscriptions.all(s, s.gcp == 1)', 'there is no s.gcp'],
])('%s fails: %s', (text, message) => {
  expect(() => passes(text)).toThrow(ExpressionError);
  expect(() => passes(text)).toThrow(message);
});

test.each([
  ['', 0, 'no expression', 'check.status == 2'],
  ['clint.name == ""', 0, '"clint"', 'did you mean "client"?'],
  ['client.name.startWith("a")', 12, '"startWith"', 'did you mean "startsWith"?'],
  ['siz(client) == 1', 0, '"siz"', 'did you mean "size"?'],
  ['check.status = 2', 13, '=', '=='],
  ['check.status == 2 and true', 18, '"and"', '&&'],
  ['not true', 0, '"not"', '!'],
  ['check.status ==', 15, 'EOF', 'missing at the end'],
  ['"abc', 0, 'nterminated', undefined],
  ['"a".matches("(")', 12, 'cannot be read', undefined],
  ['has(client)', 0, 'one attribute', 'has(client.name)'],
  ['client.subscriptions.exists(s)', 21, 'a name and a condition', 'item == "web"'],
  ['cel.bind(a, 1, a)', 4, '"bind"', 'known are'],
  ['google.protobuf == 1', 0, '"google"', 'client, check, event'],
  ['check.output.contains() == 1', 13, 'takes 1 arguments, not 0', undefined],
  ['size(1, 2) == 1', 0, 'takes 1 arguments, not 2', undefined],
  ['b"a" == 1', 0, 'bytes', 'text'],
  ['1u == 1', 0, 'unsigned', 'plain number'],
  ['9007199254740993 == 1', 0, 'too big', undefined],
  ['client.subscriptions.all(s, x == s)', 28, '"x"', 'did you mean "s"?'],
])('%s is a mistake at %i', (text, position, message, hint) => {
  const { mistake } = parseExpression(text);
  expect(mistake).toMatchObject({ position, message: expect.stringContaining(message) });
  if (hint !== undefined) expect(mistake?.hint).toContain(hint);
});

test.each([
  ['parentheses', '('.repeat(5000)],
  ['negations', '!'.repeat(5000)],
  ['brackets', '['.repeat(5000)],
  ['sums', `1${' + 1'.repeat(2000)}`],
  ['fields', `client${'.a'.repeat(2000)}`],
  ['letters', 'a'.repeat(20_000)],
])('many %s are a mistake', (_what, text) => {
  expect(parseExpression(text).mistake).toBeDefined();
});

test.each([
  ['loops in loops', 'l.all(a, l.all(b, l.all(c, l.all(d, a != 0))))'],
  ['lists of lists', 'l.map(a, l + l).map(b, b + b).size() == 0'],
  ['copies of a long text', 'l.map(a, check.output.lowerAscii()).size() == 0'],
  ['searches in a long text', 'l.all(a, !check.output.contains("never"))'],
  ['patterns over a long text', 'l.all(a, !check.output.matches("(x+x+)+y"))'],
  ['patterns made again and again', 'l.all(a, !"b".matches(client.pattern))'],
  ['failing items', 'l.exists(a, a.b == 1)'],
  ['a long list', 'client.long.exists(a, a == 2)'],
])('%s end within their bounds', (_what, text) => {
  const long = Array.from({ length: 150_000 }, () => 1);
  const given = {
    client: { l: long.slice(0, 2000), long, pattern: 'a{500}' },
    check: { output: 'x'.repeat(500_000) },
    event: {},
  };
  expect(() => passes(text.replaceAll(/\bl\b/g, 'client.l'), given)).toThrow(/too big|too long/);
});

test('a document cannot reach out of itself', () => {
  const hostile = JSON.parse('{"__proto__": {"admin": true}, "constructor": null, "toString": 1}') as unknown;
  const given = { client: hostile, check: {}, event: {} };
  expect(
    passes('!has(client.admin) && client.constructor == null && has(client.__proto__.admin)', given),
  ).toBe(true);
  expect(passes('{"__proto__": {"admin": true}}.size() == 1 && !has({"a": 1}.admin)', given)).toBe(true);
});

const pieces = fc.constantFrom(
  ...[
    'client',
    'check',
    'event',
    '.',
    '(',
    ')',
    '[',
    ']',
    '?',
    ':',
    ' ',
    '&&',
    '||',
    '!',
    '==',
    'in',
    '-',
    '+',
    '%',
    ',',
  ],
  ...[
    '1',
    '2.5',
    '"a"',
    'null',
    'true',
    'has',
    'size',
    '.exists(s, ',
    '.map(s, ',
    '.matches(',
    's',
    '{',
    '}',
    'timestamp(',
  ],
  ...['"', "'", '\\', '\n', 'b"a"', '1u', '.?', 'cel.bind(', '.name', '.status', 'and'],
);

test('any text is read or is a mistake within it, and any event is judged or refused', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(pieces, { maxLength: 20 }).map((some) => some.join('')),
  );
  fc.assert(
    fc.property(text, fc.jsonValue(), fc.jsonValue(), (written, client, check) => {
      const result = parseExpression(written);
      if (result.mistake !== undefined) {
        expect(result.mistake.position).toBeGreaterThanOrEqual(0);
        expect(result.mistake.position).toBeLessThanOrEqual(written.length);
        return;
      }
      try {
        expect(typeof result.value.passes({ client, check, event: { client, check } })).toBe('boolean');
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(ExpressionError);
      }
    }),
    { numRuns: RANDOM_INPUTS },
  );
});
