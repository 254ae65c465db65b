import type { SearchFields } from '../../expression/index.ts';
import { FIELDS, type Field, type Moment, type SearchedDocument, type Subject } from './fields.ts';
import { secretsOf, withoutSecrets } from './secrets.ts';

/** A place in the table as a document that a search can be asked of. One object serves for many rows. */
export interface Row {
  moment: Moment;
  at: number;
  /** True while a path is read that leads to no secret: then nothing has to be copied. */
  isPublic: boolean;
}

/** What may stand in a search for a subject. */
export const SEARCH_FIELDS: Readonly<Record<Subject, SearchFields<Row>>> = {
  clients: searchFields('clients'),
  events: searchFields('events'),
  results: searchFields('results'),
};

function searchFields(subject: Subject): SearchFields<Row> {
  const { fields, documents, words } = FIELDS[subject];
  return {
    fields: new Map(Object.entries(fields).map(([name, field]) => [name, searchField(field)])),
    documents: new Map(Object.entries(documents).map(([name, document]) => [name, reader(document)])),
    texts: (row) => words.flatMap((field) => textsOf(field, row)),
  };
}

function searchField({ type, help, values, read }: Field) {
  return { type, description: help, values, read: ({ moment, at }: Row) => read(moment, at) };
}

function reader({ read, owner }: SearchedDocument) {
  return ({ moment, at, isPublic }: Row): unknown => {
    const document = read(moment, at);
    return isPublic ? document : withoutSecrets(document, secretsOf(owner(moment, at)));
  };
}

/** The texts that a field of words has in a row. */
export function textsOf(field: Field, { moment, at }: Row): string[] {
  const value = field.read(moment, at);
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}
