import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANDOM_INPUTS } from '../testing/random.ts';
import {
  addressOf,
  basicCredentials,
  bearerToken,
  isLoopback,
  isOwnName,
  originOf,
  sameText,
  splitCredentials,
} from './http-caller.ts';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('credentials', () => {
  it.each([
    [basic('foo:bar'), 'foo:bar'],
    [basic('foo:bar').replace('Basic', 'basic'), 'foo:bar'],
    [basic('ann:päss:word'), 'ann:päss:word'],
    ['Basic', undefined],
    ['Basic ***', undefined],
    ['Bearer x', undefined],
    [undefined, undefined],
  ])('of %s are %s', (authorization, credentials) => {
    expect(basicCredentials(authorization)).toBe(credentials);
  });

  it.each([
    ['foo:bar', { name: 'foo', password: 'bar' }],
    ['foo:a:b', { name: 'foo', password: 'a:b' }],
    [':', { name: '', password: '' }],
    ['foo', undefined],
  ])('%s are split', (credentials, parts) => {
    expect(splitCredentials(credentials)).toEqual(parts);
  });

  it.each([
    ['Bearer abc', 'abc'],
    ['bearer  abc', 'abc'],
    ['Bearer a b', undefined],
    ['Bearer', undefined],
    [undefined, undefined],
  ])('%s carries the token %s', (authorization, token) => {
    expect(bearerToken(authorization)).toBe(token);
  });

  it('are the same only when every character is', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(sameText(one, one)).toBe(true);
        expect(sameText(one, other)).toBe(Buffer.from(one).equals(Buffer.from(other)));
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });
});

describe('places', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['::1', true],
    ['localhost', true],
    ['LOCALHOST', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['10.0.0.1', false],
  ])('%s is loopback: %s', (bind, loopback) => {
    expect(isLoopback(bind)).toBe(loopback);
  });

  it.each([
    ['localhost', '10.0.0.1', true],
    ['[::1]', '::1', true],
    ['mon.example', 'Mon.Example', true],
    ['evil.example', 'mon.example', false],
  ])('%s is our own name when we listen on %s: %s', (hostname, bind, own) => {
    expect(isOwnName(hostname, bind)).toBe(own);
  });

  it.each([
    ['mon.example:4567', 'mon.example'],
    ['LOCALHOST', 'localhost'],
    ['a@b', undefined],
    ['a/b', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('a Host of %s names %s', (host, hostname) => {
    expect(addressOf(host)?.hostname).toBe(hostname);
  });

  it.each([
    ['https://mon.example', 'mon.example'],
    ['null', undefined],
    ['file://localhost', undefined],
    ['http://a/b', undefined],
  ])('an Origin of %s is of %s', (origin, hostname) => {
    expect(originOf(origin)?.hostname).toBe(hostname);
  });
});
