import { memberOf } from '../model/attributes.ts';
import { Merging } from '../model/merge.ts';
import type { Attributes } from '../model/schema.ts';
import { defaultDocument, withApiDefaults } from './defaults.ts';
import { type Environment, environmentSources } from './environment.ts';
import { Origins } from './origin.ts';
import type { ConfigProblem, ConfigWarning } from './problem.ts';
import { readSources, type SourcePlaces } from './read.ts';
import type { Source } from './source.ts';

/** The merged configuration before anybody judges it. */
export interface ConfigDocument {
  /** Defaults, environment and files, merged; secrets inside. */
  document: Attributes;
  /** What was merged over the defaults, in that order: the environment's variables, then the files. */
  sources: readonly Source[];
  /** The files among them. */
  files: readonly string[];
  origins: Origins;
  /** What could not be read. */
  problems: readonly ConfigProblem[];
  warnings: readonly ConfigWarning[];
}

/** Reads and merges everything. Never rejects over what it finds. */
export async function readDocument(
  places: SourcePlaces,
  environment: Environment = {},
): Promise<ConfigDocument> {
  const read = await readSources(places);
  const sources = [...environmentSources(environment), ...read.sources];
  const merging = new Merging();
  for (const document of [defaultDocument(), ...sources.map((source) => source.document)]) {
    merging.add(document);
  }
  // It tells an editor which schema a file follows, and nothing to anybody else.
  const { $schema: _, ...written } = merging.document;
  return {
    document: withTransportName(withApiDefaults(written)),
    sources,
    files: read.sources.map((source) => source.file),
    origins: new Origins(sources),
    problems: read.problems,
    warnings: read.warnings,
  };
}

/** Where nobody names a transport, it is Sensu's for a configuration that says where RabbitMQ is, and else our own. */
function withTransportName(document: Attributes): Attributes {
  const { transport } = document;
  if (memberOf(transport, 'name') !== undefined || typeof transport !== 'object') return document;
  const broker = document.rabbitmq !== undefined && document.rabbitmq !== null;
  return { ...document, transport: { name: broker ? 'rabbitmq' : 'memory', ...transport } };
}
