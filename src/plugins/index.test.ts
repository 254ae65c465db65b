import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import type { TObject } from '../plugin.ts';
import { builtInPlugins } from './index.ts';

const page = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url)), 'utf8');

/** The part of our pages that stands under the plugin's name. */
function documented(name: string): string | undefined {
  const pages = ['checks-network', 'handlers-builtin'].map(page).join('\n');
  return pages.split(/^## /m).find((part) => part.startsWith(`\`${name}\``));
}

const ours = [
  'http',
  'tcp',
  'tls_certificate',
  'dns',
  'heartbeat',
  'webhook',
  'mail',
  'json',
  'only_check_output',
];
const plugin = (name: string) => builtInPlugins.find((candidate) => candidate.name === name);
const options = (name: string): TObject => plugin(name)?.options as TObject;

describe('the built-in plugins', () => {
  it('are these', () => {
    expect(builtInPlugins.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'check disk',
      'check memory',
      'check load',
      'check process',
      'check file_age',
      'check http',
      'check tcp',
      'check tls_certificate',
      'check dns',
      'check heartbeat',
      'mutator json',
      'mutator only_check_output',
      'mutator ruby_hash',
      'filter occurrences',
      'handler webhook',
      'handler mail',
      'handler debug',
    ]);
  });

  it('tell of each option what is expected', () => {
    for (const { name, options } of builtInPlugins) {
      for (const [option, schema] of Object.entries(options.properties)) {
        expect(schema, `${name}.${option}`).toHaveProperty('expected');
      }
    }
  });

  it.each(ours)('document every option of %s, and an example that is valid', (name) => {
    const text = documented(name) ?? '';
    for (const [option, schema] of Object.entries(options(name).properties)) {
      expect(schema, `${name}.${option}`).toHaveProperty('description');
      expect(text, `${name}.${option}`).toContain(`| \`${option}\` |`);
    }
    const example = JSON.parse(/```json\n(.*?)```/s.exec(text)?.[1] ?? 'null');
    expect(example).not.toBeNull();
    const sections: Record<string, unknown>[] = Object.values(example.checks ?? example.handlers);
    for (const definition of sections) {
      expect(Compile(options(name)).Check(definition[name] ?? {}), name).toBe(true);
    }
  });
});

describe('options', () => {
  it.each<[string, object, boolean]>([
    ['http', { url: 'http://x' }, true],
    ['http', { url: 'ftp://x' }, false],
    ['http', { url: 'http://x', status: '200-299,401' }, true],
    ['http', { url: 'http://x', status: '2xx' }, false],
    ['http', { url: 'http://x', method: 'CONNECT' }, false],
    ['http', { url: 'http://x', follow_redirects: 11 }, false],
    ['http', { url: 'http://x', timeout: 0 }, false],
    ['http', { url: 'http://x', warning: 'soon' }, false],
    ['tcp', { host: 'x', port: 0 }, false],
    ['tcp', { host: '', port: 1 }, false],
    ['dns', { name: 'example.com.' }, true],
    ['dns', { name: '.', type: 'NS' }, true],
    ['dns', { name: '_sip._tcp.example.com', type: 'SRV' }, true],
    ['dns', { name: 'a..b' }, false],
    ['dns', { name: `${'x'.repeat(64)}.com` }, false],
    ['dns', { name: 'x', type: 'AXFR' }, false],
    ['heartbeat', { every: 0 }, false],
    ['mail', { host: 'x', from: 'a@b', to: ['c@d', 'E F <e@f>'] }, true],
    ['mail', { host: 'x', from: 'a@b', to: [] }, false],
    ['mail', { host: 'x', from: 'a@b\r\nBcc: c@d', to: 'a@b' }, false],
    ['mail', { host: 'x', from: 'a', to: 'a@b' }, false],
    ['webhook', { url: 'http://x', method: 'GET' }, false],
  ])('of %s: %j is %s', (name, written, valid) => {
    expect(Compile(options(name)).Check(written)).toBe(valid);
  });
});
