import { expect } from 'vitest';
import { silentLog } from '../../src/runtime/log.ts';
import { systemClock } from '../../src/runtime/system/clock.ts';
import { createSpawner } from '../../src/runtime/system/spawner/index.ts';
import type { CatalogueLine } from './catalogue.ts';
import { exempt, linesOf, testsOf } from './held.ts';

const handlerPlugins = testsOf('src/server/pipeline/handlers/plugin.test.ts');
const checks = testsOf('src/config/checks.test.ts');
const client = testsOf('src/config/client.test.ts');
const cron = testsOf('src/model/cron.test.ts');
const decide = testsOf('src/server/pipeline/decide.test.ts');
const dependencies = testsOf('src/server/pipeline/filters/check-dependencies.test.ts');
const environment = testsOf('src/config/environment.test.ts');
const explain = testsOf('src/config/explain.test.ts');
const extensions = testsOf('src/config/extensions.test.ts');
const handlers = testsOf('src/config/handlers.test.ts');
const inProcess = testsOf('src/agent/in-process.test.ts');
const json = testsOf('src/plugins/json.test.ts');
const load = testsOf('src/config/load.test.ts');
const log = testsOf('src/runtime/system/log.test.ts');
const messages = testsOf('src/testing/transport/message-cases.ts');
const occurrences = testsOf('src/plugins/occurrences.test.ts');
const pipeline = testsOf('test/conformance/pipeline.test.ts');
const printed = testsOf('test/end-to-end/sensu-commands.test.ts');
const read = testsOf('src/config/read.test.ts');
const requests = testsOf('src/testing/transport/request-cases.ts');
const sections = testsOf('src/config/sections.test.ts');
const sensu = testsOf('src/cli/processes/sensu.test.ts');
const source = testsOf('src/config/source.test.ts');
const spawner = testsOf('src/runtime/system/spawner/spawner.test.ts');

const broker = testsOf('src/transport/rabbitmq/broker.test.ts');
const brokers = testsOf('src/config/rabbitmq.test.ts');
const REDIS = exempt('comes with the store redis');
const NO_REDIS_TRANSPORT = exempt(
  'Redis is no transport here: it loses what nobody listens to, and acknowledges nothing',
);
const NO_RUBY = exempt('extensions in Ruby are not loaded: ours are modules, and plugins run as commands');

async function printsMuch(): Promise<void> {
  const spawner = createSpawner({ limit: 1, outputLimitBytes: 1 << 20, clock: systemClock, log: silentLog });
  try {
    const command = 'head -c 200000 /dev/zero | tr "\\0" x; exit 1';
    const { output, status, ended } = await spawner.run({ command, timeoutMs: 60_000 });
    expect([output.length, status, ended]).toEqual([200_000, 1, 'exit']);
  } finally {
    await spawner.close();
  }
}

/** What the tests of the libraries that Sensu Core is made of assert. */
export const catalogue: CatalogueLine[] = [
  ...linesOf('settings/loader_spec', [
    [
      'it provides what can be loaded, with defaults',
      sections('without any section every setting has its default'),
    ],
    [
      'the client’s defaults come from the machine',
      client('name and address come from the machine, and the client subscribes to itself'),
    ],
    ['a variable names the transport', environment("['SENSU_TRANSPORT_NAME', 'redis'")],
    ['a variable says where RabbitMQ is', environment("['RABBITMQ_URL', 'amqp://h'")],
    ['a variable says where Redis is', environment("['REDIS_URL', 'redis://h'")],
    [
      'a variable says where the sentinels are, and counts before the one for Redis',
      environment('sentinels are named instead of one Redis, and what is empty is not set'),
    ],
    [
      'variables name the client, its address and subscriptions',
      environment("['SENSU_CLIENT_SUBSCRIPTIONS', 'a, b,,'"),
    ],
    ['a variable sets the port of the API', environment("['SENSU_API_PORT', '4568'")],
    [
      'files are laid over variables',
      environment(
        'the environment comes before the files: their scalars count, and subscriptions are joined',
      ),
    ],
    ['a file is loaded', load('what stands in a file under -c is placed like the rest')],
    [
      'a file with a byte order mark is loaded',
      read('a byte order mark is passed over, and bytes that are no UTF-8 are warned of'),
    ],
    ['an empty file is no settings', source("['an empty file', '', {}]")],
    [
      'a file that is not there is warned of',
      load('a missing file is no mistake, a missing directory is one'),
    ],
    [
      'a file that is no JSON is an error',
      load(
        'while a file cannot be read, every mistake of the others is told, and of what is missing that it may stand there',
      ),
    ],
    ['comments are passed over', source('comments around and inside')],
    [
      'a file that is laid over another tells what it changed',
      explain('what a later file changed is told, without secrets'),
    ],
    [
      'secrets are hidden in what a file changed',
      explain('what a later file changed is told, without secrets'),
    ],
    [
      'files of a directory are loaded, those below it too',
      read('every *.json below a directory is read, sorted by path; other names and hidden ones are not'),
    ],
    [
      'a directory that is a link is followed',
      read('links are followed one directory deep, circles end, and a file is read once'),
    ],
    [
      'a directory that is not there is an error',
      read('a missing file is a warning, a missing directory a problem'),
    ],
    [
      'several directories are loaded in their order',
      read('the file comes first, then the directories in the order given'),
    ],
    [
      'the list of loaded files is written for plugins',
      sensu('the list of loaded files is whole, of its process alone, and copied where others look'),
    ],
    [
      'that list is set for what is run',
      testsOf('test/end-to-end/reload.test.ts')(
        'files that change are taken up: checks come and go, a mistake is an event and changes nothing else',
      ),
    ],
    [
      'a client subscribes to itself',
      client('what is configured counts, and the own subscription is appended once'),
    ],
    [
      'subscriptions that are no list are left, and are a mistake',
      client("['subscriptions', { subscriptions: 'web' }]"),
    ],
    [
      'ports of sockets that are configured are filled in',
      client('ports of sockets that are configured are filled in'),
    ],
    ['settings can be told as a document', printed('validates and prints the same document as Sensu')],
    [
      'settings have a digest',
      testsOf('test/conformance/api-catalogue.ts')('info tells versions, transport, store and servers'),
    ],
  ]),
  ...linesOf('settings/rules_spec', [
    [
      'rules judge types, presence and patterns',
      sections("['sensu.spawn.limit', { sensu: { spawn: { limit: '12' } } }]"),
    ],
  ]),
  ...linesOf('settings_spec', [
    [
      'settings are loaded and judged',
      load('files are merged in the order they are read, over the defaults'),
    ],
    [
      'mistakes are told all at once',
      load('several mistakes in several files are told all at once, each with file and line'),
    ],
    [
      'mistakes are told in the words of Sensu',
      sensu('what Sensu finds wrong for a %s is found here, in the same words'),
    ],
    [
      'a category is a list of definitions with their names',
      checks('settings hold the check with its name and without nulls of known attributes'),
    ],
    [
      'a definition can be asked for by name',
      handlers('an entry named like a plugin holds its options, unless it is a definition of its own'),
    ],
    [
      'sections that nobody knows are kept',
      load('files are merged in the order they are read, over the defaults'),
    ],
    [
      'sections stand in the order of Sensu',
      load('members stand in the document in the order in which Sensu shows its settings'),
    ],
    ['no settings at all are valid', load('nothing at all is a valid configuration')],
    [
      'a missing file does not keep a process from starting',
      load('a missing file is no mistake, a missing directory is one'),
    ],
  ]),
  ...linesOf('settings/validator_spec', [
    ['a section must be an object', sections("['sensu', { sensu: 5 }]")],
    ['spawn must be an object', sections("['sensu.spawn', { sensu: { spawn: 24 } }]")],
    [
      'the limit of spawn must be above 0',
      sections("['sensu.spawn.limit', { sensu: { spawn: { limit: 0 } } }]"),
    ],
    ['thresholds of keepalives must be whole numbers', sections("['sensu.keepalives.thresholds.critical'")],
    ['handlers of keepalives must be a list', sections("['sensu.keepalives.handlers'")],
    ['the largest size of a message must be a whole number', sections("['sensu.server.max_message_size'")],
    [
      'the transport must have a name that is a text',
      sections("['transport.name', { transport: { name: 1 } }]"),
    ],
    ['the transport may reconnect or not', sections("['transport.reconnect_on_error'")],
    ['the API must have a port that is a number', sections("['api.port', { api: { port: '4567' } }]")],
    ['the API must have both of user and password', sections("['api.password', { api: { user: 'u' } }]")],
    ['a client must have a name', client("['name', { name: 'a b' }]")],
    ['a client must have an address', client("['address', { address: 5 }]")],
    [
      'subscriptions of a client must be texts',
      client("['subscriptions[1]', { subscriptions: ['web', 5] }]"),
    ],
    ['a list of secrets must be texts', client("['redact[0]', { redact: [''] }]")],
    [
      'sockets of a client must have a port and an address',
      client("['socket.port', { socket: { port: '3030' } }]"),
    ],
    [
      'the socket for HTTP must have both of user and password',
      client("['http_socket.password', { http_socket: { user: 'u' } }]"),
    ],
    ['keepalive attributes of a client are judged', client("['keepalive.thresholds.warning'")],
    ['registration attributes of a client are judged', client("['registration.status'")],
    ['deregistration attributes of a client are judged', client("['deregistration.handlers'")],
    ['a signature must be a text', client("['signature', { signature: 5 }]")],
    ['a check must have a name', checks('refuses the name %j')],
    ['a check must have a command', checks("['command', { command: undefined }]")],
    ['a check must not have both a command and an extension', checks("{ extension: 'http' }, 'extension'")],
    [
      'a check must have subscribers, unless it is standalone',
      checks("['subscribers', { subscribers: undefined }]"),
    ],
    ['a check must have an interval above 0', checks("['interval', { interval: 0 }]")],
    ['a check may have cron in place of an interval', checks("{ cron: '* * * * *', interval: undefined }")],
    ['a check that is not published needs no interval', checks('{ publish: false, interval: undefined }')],
    ['a cron must be one', load("['checks.c.cron', check({ cron: '5/2 * * * *' })]")],
    ['a timeout must be a number', checks("['timeout', { timeout: '10' }]")],
    ['a ttl must be above 0', checks("['ttl', { ttl: 0 }]")],
    ['the status of a ttl must be a whole number', checks("['ttl_status', { ttl: 30, ttl_status: '1' }]")],
    ['handlers of a check must be texts', checks("['handlers[0]', { handlers: [''] }]")],
    ['a source must be a name, or one with a token', checks("['source', { source: ':::a:::-:::b:::' }]")],
    ['aggregates must be names', checks("['aggregates[1]', { aggregates: ['a', 'b c'] }]")],
    ['flap thresholds come in pairs', checks("['high_flap_threshold', { low_flap_threshold: 10 }]")],
    [
      'truncation is on or off, with a length',
      checks("['truncate_output_length', { truncate_output_length: 0 }]"),
    ],
    [
      'hooks are named by severity, number or non-zero',
      checks("['hooks.256', { hooks: { 256: { command: 'x' } } }]"),
    ],
    ['a hook must have a command', checks("['hooks.ok.command', { hooks: { ok: {} } }]")],
    ['times in which a check is subdued must be times', load("'checks.c.subdue.days.all[0].begin'")],
    [
      'proxy requests must say which attributes',
      checks("['proxy_requests.client_attributes', { proxy_requests: {} }]"),
    ],
    ['proxy requests are spread over 1 to 99 percent', checks("['proxy_requests.splay_coverage'")],
    ['a filter must have attributes', handlers("[['filters.f.attributes'], {}]")],
    ['a filter negates or not', handlers("[['filters.f.negate'], { attributes: {}, negate: 'true' }]")],
    ['times of a filter must be times', load("'filters.f.when.days.monday[0].end'")],
    ['a mutator must have a command', handlers("[['mutators.m.command'], {}]")],
    ['the timeout of a mutator must be a number', handlers("[['mutators.m.timeout']")],
    ['a handler must have a type that there is', handlers("['type', { type: 'bogus' }]")],
    ['a pipe handler must have a command', handlers("['command', { type: 'pipe' }]")],
    [
      'a handler over TCP or UDP must have a host and a port',
      handlers("['socket.host', { type: 'tcp', socket: { port: 1 } }]"),
    ],
    ['a transport handler must have a pipe', handlers("['pipe.type', { type: 'transport'")],
    ['a set must have handlers', handlers("['handlers', { type: 'set' }]")],
    ['filters of a handler must be texts', handlers("['filters[1]', { ...PIPE, filters: ['f', 1] }]")],
    [
      'severities must be those that there are',
      handlers("['severities[0]', { ...PIPE, severities: ['bad'] }]"),
    ],
    ['an extension must be an object', sections("['extensions.x', { extensions: { x: './x.mjs' } }]")],
  ]),
  ...linesOf('transport/base_spec', [
    [
      'every transport can connect, publish, subscribe, count and close',
      messages('statistics count what waits and who consumes, or are null'),
    ],
    [
      'after it was closed a transport takes nothing more',
      testsOf('src/testing/transport/closing-cases.ts')(
        'every call after close rejects with kind `closed`, but for a second close',
      ),
    ],
  ]),
  ...linesOf('transport/rabbitmq_spec', [
    ['what is published is given to who consumes', messages('body and id arrive as they were published')],
    ['what is taken is acknowledged', messages('publishing resolves only after the consumer’s promise did')],
    [
      'what waits and who consumes is counted',
      messages('statistics count what waits and who consumes, or are null'),
    ],
    [
      'several queues can be listened to',
      requests('roundrobin: and direct: requests go to one subscriber, all others to each, once'),
    ],
    [
      'who stops listening is given nothing more',
      requests('nothing is handed out after stop resolved, and it waits for what is in hand'),
    ],
    [
      'it connects with settings, or with a URL',
      brokers('it is used where there is a section, or the transport says so'),
    ],
    ['one of several brokers is chosen', broker('another broker is tried')],
    [
      'what a broker refuses for its user is an error',
      broker('tells a wrong %s once, in a sentence, and tries on'),
    ],
    [
      'it connects again when the broker is back',
      broker('a broker that is away at the start and restarted later: nothing durable is lost'),
    ],
    ['it connects again after an error of a channel', broker('an exchange that went is declared again')],
    [
      'names of hosts are looked up',
      exempt('Node looks a name up when it connects; there is nothing of ours in it'),
    ],
    ['it can speak over TLS', broker('a certificate is looked at, unless that is waived')],
  ]),
  ...linesOf('transport/redis_spec', [
    ['lists and channels of Redis carry what is published', NO_REDIS_TRANSPORT],
    ['it can be listened to and left', NO_REDIS_TRANSPORT],
    ['what is taken needs no acknowledgement', NO_REDIS_TRANSPORT],
    ['what waits is counted', NO_REDIS_TRANSPORT],
    ['it connects again when Redis is back', NO_REDIS_TRANSPORT],
    ['several lists can be listened to', NO_REDIS_TRANSPORT],
    ['names hold the number of the database', NO_REDIS_TRANSPORT],
    ['pipes by topic are passed over', NO_REDIS_TRANSPORT],
    ['an error is told to who listens for it', NO_REDIS_TRANSPORT],
    ['it can be closed', NO_REDIS_TRANSPORT],
  ]),
  ...linesOf('transport_spec', [
    [
      'a transport is chosen by its name',
      load('the transport is ours, unless a configuration says where RabbitMQ is'),
    ],
    [
      'a transport that there is not is told',
      load("['transport.name', { transport: { name: 'of-others' } }]"),
    ],
    [
      'a transport is given the section of its own name',
      brokers('it is used where there is a section, or the transport says so'),
    ],
    [
      'who made a transport can wait until it is connected',
      testsOf('test/end-to-end/other-machines.test.ts')(
        'keeps its results when no server was ever there, and says so',
      ),
    ],
  ]),
  ...linesOf('redis/client_spec', [
    ['it sends commands and reads answers', REDIS],
    ['it knows the version of its server', REDIS],
  ]),
  ...linesOf('redis_spec', [
    ['it connects by host and port', REDIS],
    ['it connects by a URL', REDIS],
    ['it looks up the name of a host', REDIS],
    ['it finds the master that sentinels name', REDIS],
    ['it connects again when Redis is back', REDIS],
  ]),
  ...linesOf('spawn_spec', [
    ['a command is run, with output and status', spawner("['output and error output in order'")],
    ['a command may end with another status than 0', spawner("['an exit code', 'echo x; exit 3'")],
    ['a command that there is not has status 127', spawner("['an unknown command'")],
    [
      'a command that takes too long is ended, and says so',
      spawner('a timeout ends the command and its children'),
    ],
    [
      'a command that does not want to end is ended',
      spawner('a timeout ends a command that ignores SIGTERM'),
    ],
    ['a command may be fed', spawner('the input is given whole and ends')],
    ['a command may be fed more than a pipe holds', spawner('the input is given whole and ends')],
    [
      'a command may print more than a pipe holds',
      spawner('output of any length keeps its head and tail in bounded memory'),
    ],
    ['a command with a timeout may print more than a pipe holds', () => printsMuch()],
    ['a command may print nothing', spawner("['no command', '', 0, '']")],
    [
      'so many commands run at once',
      spawner('so many at once, the others in order, and durations count the wait'),
    ],
  ]),
  ...linesOf('logger_spec', [
    [
      'a line is JSON with time, level and message',
      log('a line is one JSON object: time, level, message, then its members in their order'),
    ],
    ['the time has microseconds', log('the time is local, with microseconds')],
    [
      'every level can be written',
      log('what is below the level is not written, and the level can be changed'),
    ],
    [
      'what is below the level is not written',
      log('what is below the level is not written, and the level can be changed'),
    ],
    [
      'the level can be changed by a signal',
      printed('in the background: a pid file, a log that is opened again, and an orderly end'),
    ],
    ['the log goes to a file', log('what is below the level is not written, and the level can be changed')],
    [
      'the file is opened again by a signal',
      printed('in the background: a pid file, a log that is opened again, and an orderly end'),
    ],
    [
      'a file that was moved away is left',
      log('after its file was moved away it goes on in a new one, and nothing is lost'),
    ],
    ['a full disk ends nothing', log('a full disk is swallowed, and a stop does not hang on it')],
    [
      'what cannot be said in JSON ends nothing',
      log('members that no JSON can hold are left out, and the line is there'),
    ],
    [
      'a file that cannot be written is told',
      log('a file that cannot be opened is told, and lines for it are lost'),
    ],
  ]),
  ...linesOf('extension_spec', [
    [
      'an extension has a name, a kind and options',
      extensions('a module’s plugins are taken, whether exported by default or by name, each once'),
    ],
    [
      'a check in process is given what it may know',
      inProcess('gets its options and what it may know of the world'),
    ],
    [
      'a check in process that fails is unknown',
      inProcess('that throws becomes an unknown of our own fault'),
    ],
    ['a filter in process can hold an event back', pipeline('a filter in process counts like any')],
    ['a mutator in process makes what the handler is given', pipeline('ruby_hash gives what json does')],
    ['a handler in process is given the event', pipeline('a handler in process is given the event')],
    ['an extension that cannot be one is refused', extensions("'a plugin without a name'")],
    ['an extension is told when it has to stop', inProcess('is ended by a stop, and none begins after it')],
    [
      'options that do not fit keep a check in process from running',
      inProcess('does not run with options that do not fit, and says where and what was expected'),
    ],
    [
      'a check in process that takes too long is ended',
      inProcess('is told when its time is up, and waited for no longer'),
    ],
    [
      'a check in process that answers with nonsense is unknown',
      inProcess('that answers %j has not answered'),
    ],
    ['a filter in process that fails lets the event pass', decide('lets the event pass and says why')],
    [
      'a mutator in process that fails keeps the handler from running',
      pipeline('one in process that fails stops the handler'),
    ],
    [
      'a handler in process is given its options',
      handlerPlugins('are given their options, the data and the id of the delivery'),
    ],
    ['a handler in process that takes too long is ended', handlerPlugins('are aborted after %s')],
    ['a bridge is given every event', NO_RUBY],
    ['an extension that speaks in lines runs as long as the process', NO_RUBY],
  ]),
  ...linesOf('extensions_spec', [
    ['those that are built in are there', testsOf('src/plugins/index.test.ts')("it('are these'")],
    [
      'one of a file is loaded',
      extensions('a module’s plugins are taken, whether exported by default or by name, each once'),
    ],
    [
      'one that cannot be loaded is told',
      extensions('an extension that cannot be loaded is a problem where it is named, with a hint for a file'),
    ],
    ['two of one name are told', extensions("'two of the same name'")],
    [
      'one that is configured by the same name comes first',
      pipeline('debug and deregistration are there without being configured, and a definition comes first'),
    ],
    ['one that is no plugin is told', extensions("'nothing that is a plugin'")],
    ['one that fails while it is loaded is told', extensions("'a throw'")],
    ['one without options is told', extensions("'a plugin without options'")],
    ['one that cannot run is told', extensions("'a plugin that cannot run'")],
    [
      'one is found beside the file that names it, or as a package',
      extensions("['./x.mjs', '/etc/tocsin/x.mjs']"),
    ],
    [
      'one that a check names and that is not there is told',
      checks('an unknown extension is told with the nearest known one'),
    ],
    ['one in Ruby is left out, and that is told', extensions('a Ruby extension is left out with a warning')],
    [
      'the debug handler shows the event',
      pipeline('debug and deregistration are there without being configured, and a definition comes first'),
    ],
    [
      'the deregistration handler forgets the client',
      testsOf('src/server/pipeline/handlers/deregistration.test.ts')(
        'forgets the client, its results and its events, which are resolved first',
      ),
    ],
    ['the mutator json gives JSON', pipeline('json gives the event')],
    ['the mutator for Ruby gives the event', pipeline('ruby_hash gives what json does')],
    ['the mutator for metrics gives the output', pipeline('only_check_output gives the output')],
    ['each is stopped with its process', inProcess('is ended by a stop, and none begins after it')],
    [
      'a client loads checks alone, a server the others',
      exempt('every process loads what is configured, and its configuration is judged whole by each'),
    ],
  ]),
  ...linesOf('json_spec', [
    [
      'a document goes to JSON and comes back',
      json('makes compact JSON of the event, unknown attributes and order kept'),
    ],
  ]),
  ...linesOf('extensions/occurrences_spec', [
    ['fewer occurrences than wanted hold an event back', occurrences("['too few'")],
    ['as many as wanted let it pass', occurrences("['just enough'")],
    ['after that it passes once each refresh', occurrences("['the refresh after three'")],
    ['the resolve of what was told passes', occurrences("'a resolve of what was told'")],
    ['the resolve of what was never told is held back', occurrences("'a resolve of what was never told'")],
    ['numbers may be texts', occurrences("['numbers as text', ")],
  ]),
  ...linesOf('extensions/check_dependencies_spec', [
    ['an event passes when nothing is depended on', dependencies("['none at all', [], true]")],
    [
      'an event is held back while a check of the same client has one',
      dependencies("['a check of the same client with an open event', ['disk'], false]"),
    ],
    [
      'an event is held back while a check of another client has one',
      dependencies("['a check of another client with an open event'"),
    ],
    [
      'an event is held back while a check of a subscription has one',
      dependencies("['a check of any client with a subscription'"),
    ],
  ]),
  ...linesOf('parse-cron_spec', [
    [
      'the next time of an expression is found',
      cron("['*/15 * * * *', '2011-08-15T02:02', '2011-08-15T02:15']"),
    ],
    [
      'steps in a range are counted from its beginning',
      cron("['5-20/5 * * * *', '2011-08-15T02:20', '2011-08-15T03:05']"),
    ],
    ['the next time may be in another year', cron("['0 9 * * *', '2011-12-31T10:15', '2012-01-01T09:00']")],
    ['months and days may be named', cron("['* * * * MON,WED', '2010-04-15T10:15', '2010-04-19T00:00']")],
    ['either of two days is enough', cron("['1 2 3 4 7', '2014-04-04T15:56', '2014-04-06T02:01']")],
    ['0 and 7 are Sunday', cron("['1 2 3 4 0', '2014-04-06T02:01', '2014-04-13T02:01']")],
    ['short names stand for expressions', cron("['@weekly', '2026-11-21T12:30', '2026-11-22T00:00']")],
    ['an expression that is none is refused', cron("['a * * * *', '\"a\" is no minute']")],
    ['the start of a machine is no time', cron("['@reboot', '\"@reboot\" is no time']")],
    [
      'the last time before a moment is found',
      exempt('nobody asks for it: a schedule looks forward only, and so did that of Sensu'),
    ],
  ]),
  ...linesOf('captured', [
    ['frames of AMQP of a client and a server', broker('takes what Sensu Core 1.9 sent')],
    [
      'exchanges, queues and bindings of AMQP, and properties of messages',
      broker('declares exchanges and queues as Sensu Core 1.9 does'),
    ],
    ['keys and values in Redis', REDIS],
    ['commands to Redis, at a start and at each call of the API', REDIS],
    [
      'bodies of keepalives, requests, results and events',
      testsOf('test/conformance/captured-documents.test.ts')(
        'an event has the same members in the same order',
      ),
    ],
    [
      'answers of the API',
      testsOf('test/conformance/captured-api.test.ts')('answers of Sensu Core 1.9 in their order'),
    ],
    [
      'answers of the API with a password, and without its connections',
      testsOf('test/conformance/captured-api.test.ts')(
        'answers of Sensu Core 1.9 while something is not connected',
      ),
    ],
    [
      'answers of the sockets of a client over TCP',
      testsOf('src/agent/sockets/tcp.test.ts')('what Sensu Core 1.9 answered over TCP'),
    ],
    [
      'datagrams to the socket of a client',
      testsOf('src/agent/sockets/udp.test.ts')(
        'what Sensu Core 1.9 took: the same datagrams, no answer to any',
      ),
    ],
    [
      'answers of the socket of a client over HTTP',
      testsOf('src/agent/sockets/http.test.ts')('what Sensu Core 1.9 answered over HTTP, byte for byte'),
    ],
    ['what a handler is given on its input', pipeline('a handler of ours is given the same bytes: %s')],
    ['what the commands print, and how they end', printed('validates and prints the same document as Sensu')],
    [
      'what is wrong with a configuration',
      sensu('what Sensu finds wrong for a %s is found here, in the same words'),
    ],
  ]),
];
