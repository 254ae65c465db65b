/**
 * The import rules of ARCHITECTURE.md. A room may import itself and every room below it, never one above or
 * beside it unless listed; there are no cycles (type imports count); each driver library has one home.
 */
const rooms = {
  model: [],
  runtime: ['model'],
  plugin: ['model', 'runtime'],
  expression: ['model', 'runtime'],
  config: ['model', 'runtime', 'plugin', 'expression'],
  transport: ['model', 'runtime', 'plugin'],
  store: ['model', 'runtime', 'plugin'],
  plugins: ['plugin'],
  state: ['model', 'runtime', 'plugin', 'expression', 'config', 'transport', 'store', 'plugins'],
  access: ['model', 'runtime', 'plugin', 'expression', 'config', 'transport', 'store', 'plugins', 'state'],
  agent: ['model', 'runtime', 'plugin', 'expression', 'config', 'transport', 'store', 'plugins', 'state'],
  server: ['model', 'runtime', 'plugin', 'expression', 'config', 'transport', 'store', 'plugins', 'state'],
  api: [
    'model',
    'runtime',
    'plugin',
    'expression',
    'config',
    'transport',
    'store',
    'plugins',
    'state',
    'access',
  ],
  cli: [
    'model',
    'runtime',
    'plugin',
    'expression',
    'config',
    'transport',
    'store',
    'plugins',
    'state',
    'access',
    'agent',
    'server',
    'api',
  ],
};

const pathOf = (room) => (room === 'plugin' ? '^src/plugin\\.ts$' : `^src/${room}/`);
const tests = '\\.test\\.ts$';

const roomRules = Object.entries(rooms).map(([room, below]) => ({
  name: `${room}-imports-downwards`,
  comment: `src/${room} may import only: itself${below.length > 0 ? `, ${below.join(', ')}` : ''}.`,
  severity: 'error',
  from: { path: pathOf(room), pathNot: tests },
  to: { path: '^src/', pathNot: [pathOf(room), ...below.map(pathOf)] },
}));

/** library → the only places that may import it */
const homes = {
  fastify: ['^src/api/'],
  ws: ['^src/transport/websocket/'],
  amqplib: ['^src/transport/rabbitmq/'],
  commander: ['^src/cli/'],
  'cli-table3': ['^src/cli/'],
  nodemailer: ['^src/plugins/'],
  'dns-packet': ['^src/plugins/'],
  'jsonc-parser': ['^src/config/'],
  croner: ['^src/model/'],
  '@marcbachmann/cel-js': ['^src/expression/'],
  re2js: ['^src/expression/'],
  '@photostructure/sqlite': ['^src/store/embedded/'],
  vitest: ['^src/testing/'],
  'fast-check': ['^src/testing/'],
};

const homeRules = Object.entries(homes).map(([library, places]) => ({
  name: `home-of-${library.replace(/[@/]/g, '-')}`,
  comment: `${library} is imported only in ${places.join(', ')}.`,
  severity: 'error',
  from: { path: '^src/', pathNot: [tests, ...places] },
  to: { path: `^node_modules/(@types/)?${library}/` },
}));

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: { path: '^(src|test|bench|scripts)/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'nothing-imports-testing',
      comment: 'src/testing is for tests; the product never imports it.',
      severity: 'error',
      from: { path: '^src/', pathNot: [tests, '^src/testing/'] },
      to: { path: '^src/testing/' },
    },
    {
      name: 'drivers-are-strangers',
      comment: 'One transport or store driver never imports another.',
      severity: 'error',
      from: { path: '^src/(transport|store)/([^/]+)/', pathNot: tests },
      to: { path: '^src/$1/[^/]+/', pathNot: '^src/$1/$2/' },
    },
    ...roomRules,
    ...homeRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
