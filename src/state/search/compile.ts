import { matchesSearch, type SearchNode } from '../../expression/index.ts';
import { FIELDS, type Field, type Moment, type SearchedDocument, type Subject } from './fields.ts';
import { allOf, anyOf, COSTS, type Condition, EVERYTHING, NOTHING, noneOf, type Part } from './parts.ts';
import { remembered } from './remembered.ts';
import type { Row } from './rows.ts';
import { secretsOf } from './secrets.ts';
import { piecesOf, signed, wordsIn } from './texts.ts';
import { timed } from './times.ts';

type FieldNode = Extract<SearchNode<Row>, { kind: 'field' }>;
type WordsNode = Extract<SearchNode<Row>, { kind: 'words' }>;

interface Scene {
  subject: Subject;
  moment: Moment;
  row: Row;
}

/**
 * Makes a search into questions with the same answers as `search.matches`: what hangs on a client, a check's name or a
 * status is tested once for each of these, what the table has in a column is asked of the column, and cheap questions
 * come before dear ones.
 */
export function compile(tree: SearchNode<Row>, subject: Subject, moment: Moment): Part {
  return partOf(tree, { subject, moment, row: { moment, at: 0, isPublic: false } });
}

function partOf(node: SearchNode<Row>, scene: Scene): Part {
  switch (node.kind) {
    case 'everything':
      return EVERYTHING;
    case 'and':
      return allOf(node.parts.map((part) => partOf(part, scene)));
    case 'or':
      return anyOf(node.parts.map((part) => partOf(part, scene)));
    case 'not':
      return noneOf(partOf(node.part, scene));
    case 'field':
      return fieldPart(node, scene);
    case 'words':
      return wordsPart(node, scene);
  }
}

function fieldPart(node: FieldNode, scene: Scene): Part {
  const { fields, documents } = FIELDS[scene.subject];
  const field = Object.hasOwn(fields, node.field) ? fields[node.field] : undefined;
  if (field) return ownFieldPart(node, field, scene);
  const [root = '', ...steps] = node.field.split('.');
  const document = Object.hasOwn(documents, root) ? documents[root] : undefined;
  if (!document) return NOTHING;
  const holds: Condition = (at) => !isSecret(document, steps, scene, at) && ask(node, scene, at, true);
  return remembered(document.reach, scene.subject, scene.moment, holds);
}

function ownFieldPart(node: FieldNode, field: Field, scene: Scene): Part {
  const { moment } = scene;
  const holds: Condition = (at) => ask(node, scene, at, false);
  const { column } = field;
  if (column === 'signature') return signed(piecesOf(node.test), moment, holds);
  if (column === 'executed' || column === 'age') return timed(node.test, column, moment, holds);
  return remembered(field.reach, scene.subject, moment, holds);
}

function wordsPart(node: WordsNode, { subject, moment, row }: Scene): Part {
  const parts = FIELDS[subject].words.map((field) =>
    remembered(field.reach, subject, moment, wordsIn(node, field, row)),
  );
  const { holds } = anyOf(parts);
  return subject === 'clients'
    ? { cost: COSTS.text, holds, rest: holds }
    : signed(node.pieces, moment, holds);
}

function isSecret(document: SearchedDocument, steps: readonly string[], scene: Scene, at: number): boolean {
  const secrets = secretsOf(document.owner(scene.moment, at));
  return steps.some((step) => secrets.has(step));
}

function ask(node: FieldNode, { row, moment }: Scene, at: number, isPublic: boolean): boolean {
  row.at = at;
  row.isPublic = isPublic;
  const found = matchesSearch(node, row, moment.nowMs, () => []);
  row.isPublic = false;
  return found;
}
