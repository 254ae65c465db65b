import { matchesSearch, type SearchNode } from '../../expression/index.ts';
import { FIELDS, type Field, type Moment, type SearchedDocument, type Subject } from './fields.ts';
import { type Row, textsOf } from './rows.ts';
import { secretsOf } from './secrets.ts';
import { NONE, OTHER } from './table.ts';

/** Whether a row is what was asked for. */
export type Condition = (at: number) => boolean;

interface Costed {
  cost: number;
  holds: Condition;
}

type FieldNode = Extract<SearchNode<Row>, { kind: 'field' }>;
type WordsNode = Extract<SearchNode<Row>, { kind: 'words' }>;

/** What a test costs that hangs on: a status, a name, a client, a document, texts. */
const COSTS = { status: 1, check: 2, client: 3, row: 10 } as const;
const TEXT_COST = 20;
const YES = 1;
const NO = 2;

/**
 * Makes a search into one question for each row, with the same answers as `search.matches`: what hangs on a client, a
 * check's name or a status is tested once for each of these, and cheap questions come before dear ones.
 */
export function compile(tree: SearchNode<Row>, subject: Subject, moment: Moment): Condition {
  return costed(tree, { subject, moment, row: { moment, at: 0, isPublic: false } }).holds;
}

interface Scene {
  subject: Subject;
  moment: Moment;
  row: Row;
}

function costed(node: SearchNode<Row>, scene: Scene): Costed {
  switch (node.kind) {
    case 'everything':
      return { cost: 0, holds: () => true };
    case 'and':
      return joined(node.parts, scene, all);
    case 'or':
      return joined(node.parts, scene, any);
    case 'not': {
      const { cost, holds } = costed(node.part, scene);
      return { cost, holds: (at) => !holds(at) };
    }
    case 'field':
      return fieldQuestion(node, scene);
    case 'words':
      return wordsQuestion(node, scene);
  }
}

function joined(
  parts: readonly SearchNode<Row>[],
  scene: Scene,
  join: (questions: readonly Condition[]) => Condition,
): Costed {
  const questions = parts.map((part) => costed(part, scene)).sort((left, right) => left.cost - right.cost);
  const cost = questions.reduce((sum, question) => sum + question.cost, 0);
  return { cost, holds: join(questions.map(({ holds }) => holds)) };
}

function all(questions: readonly Condition[]): Condition {
  return (at) => {
    for (const holds of questions) if (!holds(at)) return false;
    return true;
  };
}

function any(questions: readonly Condition[]): Condition {
  return (at) => {
    for (const holds of questions) if (holds(at)) return true;
    return false;
  };
}

function fieldQuestion(node: FieldNode, scene: Scene): Costed {
  const { fields, documents } = FIELDS[scene.subject];
  const field = Object.hasOwn(fields, node.field) ? fields[node.field] : undefined;
  if (field) return remembered(field, scene, (at) => ask(node, scene, at, false));
  const [root = '', ...steps] = node.field.split('.');
  const document = Object.hasOwn(documents, root) ? documents[root] : undefined;
  if (!document) return { cost: 0, holds: () => false };
  return remembered(
    document,
    scene,
    (at) => !isSecret(document, steps, scene, at) && ask(node, scene, at, true),
  );
}

function isSecret(document: SearchedDocument, steps: readonly string[], scene: Scene, at: number): boolean {
  const secrets = secretsOf(document.owner(scene.moment, at));
  return steps.some((step) => secrets.has(step));
}

function wordsQuestion(node: WordsNode, scene: Scene): Costed {
  const questions = FIELDS[scene.subject].words.map((field) =>
    remembered(field, scene, (at) => holds(node, field, scene, at)),
  );
  return { cost: TEXT_COST, holds: any(questions.map((question) => question.holds)) };
}

function holds(node: WordsNode, field: Field, { row, moment }: Scene, at: number): boolean {
  row.at = at;
  return matchesSearch(node, row, moment.nowMs, (found) => textsOf(field, found));
}

function ask(node: FieldNode, { row, moment }: Scene, at: number, isPublic: boolean): boolean {
  row.at = at;
  row.isPublic = isPublic;
  const found = matchesSearch(node, row, moment.nowMs, () => []);
  row.isPublic = false;
  return found;
}

/** Tests once for each client, name of a check or status what hangs on nothing else. */
function remembered({ reach }: Pick<Field, 'reach'>, scene: Scene, test: Condition): Costed {
  const cost = COSTS[reach];
  if (reach === 'row' || (scene.subject === 'clients' && reach === 'client')) return { cost, holds: test };
  const { table } = scene.moment;
  if (reach === 'status') {
    const isResult = scene.subject === 'results';
    const column = (at: number): number => (isResult ? table.result[at] : table.event[at]) ?? NONE;
    const memory = new Uint8Array(OTHER);
    return { cost, holds: (at) => recall(memory, column(at), at, test) };
  }
  const names = reach === 'client' ? table.clientNames : table.checkNames;
  const memory = new Uint8Array(names.end);
  return reach === 'client'
    ? { cost, holds: (at) => recall(memory, table.client[at] ?? 0, at, test) }
    : { cost, holds: (at) => recall(memory, table.check[at] ?? 0, at, test) };
}

/** What lies outside the memory is tested each time. */
function recall(memory: Uint8Array, key: number, at: number, test: Condition): boolean {
  const known = memory[key];
  if (known === YES) return true;
  if (known === NO) return false;
  const found = test(at);
  memory[key] = found ? YES : NO;
  return found;
}
