import { createSocket } from 'node:dgram';
import { expect } from 'vitest';
import type { CheckRequest } from '../../src/model/check.ts';
import { agentWorld } from '../../src/testing/agent.ts';
import { until } from '../../src/testing/until.ts';
import type { CatalogueLine } from './catalogue.ts';
import { AGENT, type CatalogueWorld } from './catalogue-world.ts';
import { linesOf, testsOf } from './held.ts';

const agent = testsOf('src/agent/agent.test.ts');
const arriving = testsOf('src/agent/sockets/arriving.test.ts');
const commands = testsOf('src/agent/commands.test.ts');
const deregistration = testsOf('src/agent/deregistration.test.ts');
const hooks = testsOf('src/agent/hooks.test.ts');
const http = testsOf('src/agent/sockets/http.test.ts');
const posted = testsOf('src/model/posted-check.test.ts');
const requests = testsOf('src/agent/requests.test.ts');
const sockets = testsOf('src/agent/sockets/sockets.test.ts');
const standalone = testsOf('src/agent/standalone.test.ts');
const tcp = testsOf('src/agent/sockets/tcp.test.ts');
const udp = testsOf('src/agent/sockets/udp.test.ts');

/** A line that is held while an agent runs beside the server. */
const running =
  (hold: (world: CatalogueWorld) => Promise<void>) =>
  (world: CatalogueWorld): Promise<void> =>
    world.house.whileAgentRuns(() => hold(world));

let asked = 0;

/** A request as a server publishes it, of a name that no other line uses. */
function request(attributes: Record<string, unknown>): CheckRequest {
  asked += 1;
  return { name: `asked-${asked}`, issued: 1_800_000_000, ...attributes };
}

async function answersNoDatagram(): Promise<void> {
  const client = { name: AGENT, address: '', subscriptions: [], socket: { port: 0 } };
  const settings = { client: { ...client, http_socket: { enabled: false } } };
  const world = await agentWorld({ settings, parts: { listen: true } });
  const heard: string[] = [];
  const socket = createSocket('udp4').on('message', (text) => heard.push(String(text)));
  try {
    await world.agent.start();
    const send = (text: string, port: number): Promise<void> =>
      new Promise((resolve) => socket.send(text, port, '127.0.0.1', () => resolve()));
    for (const text of ['ping', '{"name":', '{"name":"last","output":"x"}']) {
      await send(text, world.agent.sockets().socket?.port ?? 0);
    }
    await until(() => world.results.length === 1, 'the last was published');
    // What was sent to us before this comes before it.
    await send('nothing else', socket.address().port);
    await until(() => heard.includes('nothing else'), 'we hear ourselves');
    expect(heard).toEqual(['nothing else']);
  } finally {
    socket.close();
    await world.close();
  }
}

/** What Sensu Core's tests assert of its client. */
export const catalogue: CatalogueLine<CatalogueWorld>[] = [
  ...linesOf<CatalogueWorld>('client/process_spec', [
    [
      'it connects to the transport, and its first keepalive makes it known',
      running(async ({ house, ask }) => {
        await ask('unpublished');
        expect(house.views.client(AGENT)?.client).toMatchObject({ name: AGENT, address: '127.0.0.1' });
      }),
    ],
    [
      'a keepalive holds the client with version and time',
      agent(
        'go out at once and then every 20 s, with version and time, without secrets and without a number',
      ),
    ],
    [
      'a keepalive tells no secret',
      running(async ({ house, ask }) => {
        await ask('unpublished');
        expect(house.views.client(AGENT)?.client).toMatchObject({ password: 'REDACTED', version: '1.9.0' });
      }),
    ],
    ['a list of its own says what is secret', agent('use the client’s own list of secrets when it has one')],
    ['a result names client and check', agent('become numbered results with everything the request said')],
    ['a result carries the signature of its client', agent('carry the signature of a client that has one')],
    ['a source that is empty is dropped', requests('for no other client is one for this client')],
    [
      'a client that leaves says so, through a handler of its own',
      async (world) => {
        await running(async ({ ask }) => void (await ask('unpublished')))(world);
        const events = await world.told('file', AGENT);
        expect(events.at(-1)?.check).toMatchObject({
          ...{ name: 'deregistration', handler: 'file', status: 1 },
          output: 'client initiated deregistration',
        });
      },
    ],
    [
      'a client that leaves has the usual handler when it names none',
      deregistration(
        'takes its leave when it stops: acknowledged by then, signed, and as the last thing it says',
      ),
    ],
    [
      'a check that runs is not started again; one for another source is another one',
      agent('for a check that is still running are dropped and counted; other sources run beside it'),
    ],
    [
      'a command is run, and its output, status, start and duration are reported',
      running(async ({ ask }) => {
        const check = await ask(request({ command: 'echo WARNING; exit 1' }));
        expect(check).toMatchObject({ output: 'WARNING\n', status: 1, executed: expect.any(Number) });
        expect(check.duration).toBeGreaterThan(0);
      }),
    ],
    [
      'a command that wants input is fed client and check as JSON',
      running(async ({ ask }) => {
        const check = await ask(request({ command: 'cat', stdin: true }));
        expect(JSON.parse(check.output)).toMatchObject({
          client: { name: AGENT, password: 'xyzzy' },
          check: { name: check.name, command: 'cat', stdin: true },
        });
      }),
    ],
    [
      'tokens are replaced in nested attributes of a check too',
      running(async ({ ask }) => {
        const nested = { list: [':::name:::', { deep: ':::nested.attribute:::' }], number: 1 };
        expect((await ask(request({ command: 'true', nested })))['nested']).toEqual({
          list: [AGENT, { deep: 'true' }],
          number: 1,
        });
      }),
    ],
    [
      'tokens without a value are listed, whatever attribute they stand in',
      running(async ({ ask }) => {
        const attributes = { command: 'echo :::one:::', nested: { deep: [':::two.three:::'] } };
        expect((await ask(request(attributes))).output).toBe('Unmatched client token(s): one, two.three');
      }),
    ],
    [
      'a command runs with values and defaults, and is published as it was written',
      running(async ({ ask, house }) => {
        const check = await ask('tokens');
        expect(check.output).toBe(`${AGENT} true default\n`);
        expect(check.command).toBe(house.settings.checks.get('tokens')?.command);
      }),
    ],
    [
      'a command with a token without a value is not run: the result is unknown, and handled by nobody',
      commands('does not run a check with a token that nothing stands for'),
    ],
    ['a hook is chosen by the severity', hooks('the severity before non-zero')],
    ['a hook for the number comes before that for the severity', hooks('the number before the severity')],
    ['a hook for all that is not OK is the last choice', hooks('non-zero for what has none of its own')],
    [
      'tokens in the command of a hook are replaced',
      hooks('gets the values of the client, and its command is published as it was written'),
    ],
    [
      'a hook with a token without a value is not run and says so',
      hooks('with a token that nothing stands for is not run; its check was'),
    ],
    [
      'a hook that wants input is fed',
      hooks('is fed the client and the check as it ended, when it wants them'),
    ],
    [
      'a hook that takes too long has status 2',
      commands(
        'runs the hook for how they ended, with the input it wants, and keeps a flood of its output within bounds',
      ),
    ],
    [
      'what came of a hook stands in the result',
      running(async ({ ask }) => {
        expect((await ask('hooked'))['hooks']).toEqual({
          warning: {
            ...{ command: 'echo hooked', executed: expect.any(Number), duration: expect.any(Number) },
            ...{ output: 'hooked\n', status: 0 },
          },
        });
      }),
    ],
    ['a check in process is run and reported', requests('runs checks in process, which are its own')],
    [
      'a request that is for all who subscribe is taken',
      running(async ({ ask }) => {
        expect(await ask('unpublished')).toMatchObject({ output: 'unpublished\n', status: 0 });
      }),
    ],
    [
      'a definition of its own is laid over the request',
      running(async ({ ask }) => {
        const check = await ask({ name: 'local', command: 'echo theirs', issued: 1, team: 'a' });
        expect(check).toMatchObject({ command: 'echo local', output: 'local\n', team: 'a' });
      }),
    ],
    [
      'a request for another client is run as it came',
      running(async ({ ask }) => {
        const proxied = { name: 'local', command: 'echo theirs', issued: 1, source: 'switch-y' };
        const check = await ask({ ...proxied, proxy_requests: { client_attributes: {} } }, 'switch-y');
        expect(check).toMatchObject({ output: 'theirs\n', source: 'switch-y', origin: AGENT });
      }),
    ],
    [
      'a request for one of those who share a subscription is taken',
      running(async ({ ask }) => {
        expect((await ask('roundrobin')).output).toBe('rr\n');
      }),
    ],
    [
      'in safe mode a command that is not defined locally is not run, and the result is unknown',
      requests('answers a command that it does not know, and does not run it'),
    ],
    [
      'in safe mode what is defined locally runs',
      requests('runs what it knows, as it knows it, and its standalone checks'),
    ],
    [
      'a check of its own runs at its interval and says so',
      running(async ({ house: { views } }) => {
        const times = new Set<number>();
        const ran = (): number => times.add(views.state(AGENT, 'alone')?.check.executed ?? 0).size;
        await until(() => ran() > 3, 'it ran again and again');
        expect(views.state(AGENT, 'alone')?.check).toMatchObject({ standalone: true, output: 'alone\n' });
      }),
    ],
    [
      'a check of its own may run by cron',
      agent('run by their cron when they have one, and not while they are subdued'),
    ],
    [
      'a check of its own does not run while subdued',
      standalone('a check is subdued in its own windows alone'),
    ],
    [
      'a check of its own runs on a grid that its client and name decide: the figures of Sensu',
      standalone('the first run is where the original has it'),
    ],
    ['the port for TCP takes a result', sockets('all three take a result for the same client')],
    ['the port for UDP takes a result', sockets('all three take a result for the same client')],
    ['the port for HTTP takes a result', sockets('all three take a result for the same client')],
  ]),
  ...linesOf<CatalogueWorld>('client/socket_spec', [
    ['a name must not be empty', posted('an empty name')],
    ['a name must not have a space', posted('a space in its name')],
    ['a name must not have a line end', posted('a line end in its name')],
    ['a source must be a name', posted('a source that is no name')],
    ['a source must not have a line end', posted('a line end in its source')],
    ['an output must be a text', posted('an output that is no text')],
    ['a status must be a whole number', posted('a status that is a text')],
    ['a time must be a whole number', posted('a time that is a text')],
    ['a ttl must be a whole number', posted('a ttl that is a text')],
    ['a ttl must be above 0', posted('a ttl below 0')],
    ['a flap threshold must be a whole number', posted('a flap threshold that is a text')],
    ['a result is published for the client', tcp('has no signature when its client has none')],
    [
      'a result is published with the signature of the client',
      tcp('is published as the client’s, with times, number and signature, and every attribute of its own'),
    ],
    [
      'a result that is not valid is refused, and not published',
      tcp('may be one of several in an array; those before one that is not valid are taken'),
    ],
    [
      'a result that is valid is published',
      tcp('may be one of several in an array; those before one that is not valid are taken'),
    ],
    ['what is no JSON is told over UDP in the log alone', udp('and nonsense is told once per cause')],
    [
      'what is complete is answered with ok, and no timer is left',
      tcp('has another half second with each piece, and none when it is complete'),
    ],
    ['a result need not be ASCII', tcp('may come byte by byte')],
    [
      'several results may come in an array',
      tcp('may be one of several in an array; those before one that is not valid are taken'),
    ],
    ['a ping is answered', tcp("['ping', 'pong']")],
    ['a ping with blanks around it is answered', arriving("[' ping '], ['ping\\r\\n']")],
    [
      'each piece that comes is told in the log',
      tcp('leaves a line for each of its pieces in a log that tells all, without what they say'),
    ],
    [
      'bytes that are not UTF-8 are warned of, no more',
      tcp('that is not UTF-8 is taken with what can be read of it, and a line in the log'),
    ],
    ['a result may come byte by byte', tcp('may come byte by byte')],
    [
      'what stays incomplete for half a second is answered with invalid',
      tcp('after half a second, to %j: invalid'),
    ],
    ['over UDP nothing is answered', answersNoDatagram],
    ['JSON that is no result is refused at once', tcp('{"name":"a b","output":"x"}')],
  ]),
  ...linesOf<CatalogueWorld>('client/http_socket_spec', [
    [
      'info tells version and transport, with whole numbers',
      http('tells the version, and of the transport what is queued, in whole numbers'),
    ],
    ['results takes one result, or several', http('takes one result, or several')],
    ['settings asks for user and password', http('tells nothing to those with %j')],
    [
      'settings tells no secrets unless that is asked for',
      http('tells the configuration to those with user and password, without secrets'),
    ],
    ['every path but brew may be protected', http('asks everybody for user and password, but for coffee')],
  ]),
];
