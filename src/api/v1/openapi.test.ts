import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Attributes } from '../../model/schema.ts';
import { startWorld, type World } from '../../testing/api/world.ts';

interface Operation {
  operationId: string;
  summary: string;
  parameters?: { name: string; in: string; required: boolean; schema: Attributes }[];
  requestBody?: { content: Record<string, { schema: Attributes }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Attributes }> }>;
}

let world: World;
let description: { openapi: string; paths: Record<string, Record<string, Operation>> };
beforeAll(async () => {
  world = await startWorld();
  description = (await (await fetch(`${world.url}/api/v1/openapi.json`)).json()) as typeof description;
});
afterAll(() => world.stop());

const operations = () =>
  Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

describe('the description of the API', () => {
  it('has every route, with an id of its own, a summary, its parameters and its answers', () => {
    expect(description.openapi).toBe('3.1.0');
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations()) {
      const inPath = [...path.matchAll(/\{([a-z]+)\}/g)].map(([, name]) => name);
      const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(parameters.map(({ name }) => name)).toEqual(inPath);
      expect(parameters.every(({ required }) => required)).toBe(true);
      expect(operation.operationId).toMatch(/^[a-zA-Z]+$/);
      expect(operation.summary).not.toBe('');
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['400', '401', '403', '500']));
      expect(Object.keys(operation.responses).some((status) => status.startsWith('2'))).toBe(true);
      expect(Object.values(operation.responses).every((response) => response.description !== '')).toBe(true);
    }
  });

  it('tells the stream as what it is, and bodies where they are taken', () => {
    const stream = description.paths['/stream']?.['get']?.responses['200']?.content;
    expect(Object.keys(stream ?? {})).toEqual(['text/event-stream']);
    const body = description.paths['/actions']?.['post']?.requestBody?.content['application/json']?.schema;
    expect(body).toMatchObject({
      type: 'object',
      required: ['action'],
      properties: { dry_run: { type: 'boolean' } },
    });
    expect(JSON.stringify(description)).not.toContain('"expected":"');
    const checks = description.paths['/checks']?.['get']?.responses['200']?.content;
    expect(JSON.stringify(checks)).toContain('"expected":{"type":"string"}');
    expect(JSON.stringify(description)).not.toContain('"~');
  });

  it('has only paths that are answered, and refuses other methods on them by name', async () => {
    for (const [path, methods] of Object.entries(description.paths)) {
      const url = `/api/v1${path.replace(/\{[a-z]+\}/g, 'x')}`;
      const response = await world.api.inject({ method: 'PUT', url, headers: { host: 'localhost' } });
      expect(response.statusCode).toBe(405);
      const allowed = String(response.headers['allow']).toLowerCase().split(', ');
      expect(allowed.sort()).toEqual(Object.keys(methods).sort());
    }
  });

  it('has a row for every path in the documentation', async () => {
    const page = await readFile(new URL('../../../docs/api-v1.md', import.meta.url), 'utf8');
    for (const { path, method } of operations()) {
      const shown = `${method.toUpperCase()} /api/v1${path.replace(/\{([a-z]+)\}/g, ':$1')}`;
      expect(page.includes(`\`${shown}`), shown).toBe(true);
    }
  });
});
