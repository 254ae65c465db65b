import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_REDACT, looksSecret, REDACTED, redact } from './redact.ts';

test('every default key is hidden, at any depth and whatever its type', () => {
  for (const key of DEFAULT_REDACT) {
    const document = { [key]: 's', a: [{ [key]: { deep: 1 } }], b: { c: { [key]: null } } };
    expect(redact(document, DEFAULT_REDACT)).toEqual({
      [key]: REDACTED,
      a: [{ [key]: REDACTED }],
      b: { c: { [key]: REDACTED } },
    });
  }
});

test('a list of its own replaces the default one, and names are compared exactly', () => {
  const document = { password: 'p', Password: 'P', pin: 1234, pins: [1] };
  expect(redact(document, ['pin'])).toEqual({ password: 'p', Password: 'P', pin: REDACTED, pins: [1] });
});

test('the original is untouched', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const before = JSON.stringify(value);
      redact(value, ['a', 'password']);
      expect(JSON.stringify(value)).toBe(before);
    }),
  );
});

test('without keys the copy equals the original', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(!JSON.stringify(value).includes('__proto__'));
      expect(redact(value, [])).toEqual(value);
    }),
  );
});

test('what is nested beyond all reason counts as a secret and does not overflow the stack', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(50_000)}{"password":"x"}${'}'.repeat(50_000)}`);
  let value = redact(deep, DEFAULT_REDACT) as Record<string, unknown>;
  while (typeof value === 'object') value = value['a'] as Record<string, unknown>;
  expect(value).toBe(REDACTED);
});

test('names that look secret are known without a list', () => {
  for (const name of ['db_password', 'PASSWD', 'slackToken', 'api_key', 'community', 'aws_secret']) {
    expect(looksSecret(name)).toBe(true);
  }
  for (const name of ['interval', 'command', 'keepalive', 'handlers', 'passive'])
    expect(looksSecret(name)).toBe(false);
});
