// A filter, a mutator and a handler that run in the server's process.
import { appendFile } from 'node:fs/promises';
import { defineFilter, defineHandler, defineMutator, severityOf, Type } from 'tocsin/plugin';

/** Lets pass only what happens at clients of one environment. */
export const environment = defineFilter({
  name: 'environment',
  options: Type.Object({ is: Type.String({ expected: 'the name of an environment' }) }),
  run(event, { is }) {
    const seen = event.client.environment;
    if (seen === is) return null;
    return {
      why: `the client is not in ${is}`,
      seen: { attribute: 'client.environment', value: seen ?? null },
    };
  },
});

/** The event in one line of text. */
export const oneLine = defineMutator({
  name: 'one_line',
  options: Type.Object({}),
  run({ client, check }) {
    const [text] = check.output.split(/[|\n]/, 1);
    return `${severityOf(check.status)} ${client.name}/${check.name} ${text.trim()}`;
  },
});

/** Adds what the mutator made to a file. */
export const appendTo = defineHandler({
  name: 'append',
  options: Type.Object({ file: Type.String({ minLength: 1, expected: 'the path of a file' }) }),
  async run(_event, { file }, { data }) {
    await appendFile(file, `${data}\n`);
    return `added to ${file}`;
  },
});
