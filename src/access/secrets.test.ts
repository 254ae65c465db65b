import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shownDocument } from '../config/shown.ts';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { isSecretOf, newSecret, readSecret } from './secrets.ts';

it('are read back by kind and id, and are never the same', () => {
  const secrets = Array.from({ length: 100 }, () => newSecret('agent'));
  expect(new Set(secrets.map(({ secret }) => secret)).size).toBe(100);
  for (const { secret, id, digest } of secrets) {
    expect(readSecret(secret)).toEqual({ kind: 'agent', id });
    expect(isSecretOf(secret, digest)).toBe(true);
    expect(digest).not.toContain(secret.slice(-10));
  }
});

it('are told from whatever else is sent', () => {
  const { secret, digest } = newSecret('api');
  for (let at = 0; at < secret.length; at++) {
    const other = secret.slice(0, at) + (secret[at] === 'a' ? 'b' : 'a') + secret.slice(at + 1);
    expect(isSecretOf(other, digest)).toBe(false);
  }
  expect(isSecretOf(secret, 'ab')).toBe(false);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(readSecret(text)).toBeUndefined();
      expect(isSecretOf(text, digest)).toBe(false);
    }),
    { numRuns: RANDOM_INPUTS },
  );
});

it('are hidden wherever a document is shown, in members of any name and within texts', () => {
  const { secret } = newSecret('agent');
  const document = {
    checks: { a: { command: `call --token ${secret} | grep x`, list: [secret] } },
    tocsin: { agent: { token: 'of another form', servers: ['ws://a:1'] } },
    other: { token: 'shown, as Sensu does' },
  };
  const shown = JSON.stringify(shownDocument(document));
  expect(shown).not.toContain(secret);
  expect(shown).not.toContain('of another form');
  expect(shown).toContain('shown, as Sensu does');
  expect(shown).toContain('call --token REDACTED | grep x');
});
