import { isIPv4 } from 'node:net';
import { expect } from 'vitest';
import { machineAddress, machineName } from '../../src/cli/machine.ts';
import { DEFAULT_REDACT, REDACTED, redact } from '../../src/model/redact.ts';
import { systemRandom } from '../../src/runtime/system/random.ts';
import type { CatalogueLine } from './catalogue.ts';
import { exempt, linesOf, testsOf } from './held.ts';

const flags = testsOf('src/cli/processes/sensu.test.ts');
const commands = testsOf('test/end-to-end/sensu-commands.test.ts');
const merge = testsOf('src/model/merge.test.ts');
const redaction = testsOf('src/model/redact.test.ts');
const tokens = testsOf('src/model/tokens.test.ts');
const windows = testsOf('src/model/windows.test.ts');
const standalone = testsOf('src/agent/standalone.test.ts');

/** What Sensu Core's tests assert of its command line, its daemons, and its small tools. */
export const catalogue: CatalogueLine[] = [
  ...linesOf('cli_spec', [
    [
      'the usual file and folder are read where they exist, and no others are made up',
      flags('the usual file and folder are used where they are there, and only then'),
    ],
    [
      'each flag sets the option it stands for',
      flags('every flag sets its own option, in every way of writing'),
    ],
    ['verbose and then a level: the level counts', flags('of -v and -L the later one counts')],
    ['a level that there is not ends the program', commands('version, help, an unknown level')],
  ]),
  ...linesOf('daemon_spec', [
    [
      'the pid file holds the number of the process and a line break',
      flags('a pid file holds the number and a line break, and goes with its process alone'),
    ],
    [
      'a pid file that cannot be written ends the program',
      commands('a pid file that cannot be written is fatal'),
    ],
  ]),
  ...linesOf('utilities_spec', [
    [
      'what fails is tried again after a wait until it works',
      testsOf('src/server/pipeline/pipeline-store-away.test.ts')(
        'is asked again, ever more slowly, and nothing is lost',
      ),
    ],
    ['documents are merged at every depth', merge('objects are merged at every depth')],
    ['arrays of both are joined, without repeats', merge('arrays are joined, repeats dropped')],
    ['where types differ, the later value stands', merge('a text replaces an object')],
    [
      'a merged document shares nothing that could change the originals',
      merge('neither argument is changed'),
    ],
    [
      'the machine tells its name',
      () => {
        expect(machineName()).toMatch(/^[A-Za-z0-9_.-]+$/);
      },
    ],
    [
      'the machine tells its address, which is not that of loopback',
      () => {
        const address = machineAddress();
        expect(address === 'unknown' || isIPv4(address)).toBe(true);
        expect(address.startsWith('127.')).toBe(false);
      },
    ],
    [
      'the processor time of the process can be told',
      exempt(
        'a helper of theirs: what is shown, user and system in the servers of /info, is compared with captures',
      ),
    ],
    [
      'ids have 36 characters, and no two are alike',
      () => {
        const ids = Array.from({ length: 1000 }, () => systemRandom.uuid());
        expect(ids.every((id) => id.length === 36)).toBe(true);
        expect(new Set(ids).size).toBe(1000);
      },
    ],
    [
      'secrets are hidden at any depth',
      redaction('every default key is hidden, at any depth and whatever its type'),
    ],
    [
      'secrets are hidden in arrays of arrays',
      () => {
        const document = { a: [[{ password: 'x', user: 'y' }], [[{ secret: 'z' }]]] };
        expect(redact(document, DEFAULT_REDACT)).toEqual({
          a: [[{ password: REDACTED, user: 'y' }], [[{ secret: REDACTED }]]],
        });
      },
    ],
    ['a token gives way to what stands at its path', tokens(':::name:::')],
    ['a token without a value has its default', tokens(':::a.n|dd:::')],
    ['a default may be empty', tokens(':::zz|:::')],
    ['a default may hold colons', tokens(':::zz|http://h:80:::')],
    ['false is a value and needs no default', tokens(':::a.t|zz:::')],
    ['tokens without a value are listed, each once', tokens(':::zz::: :::yy::: :::zz:::')],
    [
      'a fraction keeps its zero, as in 1.0',
      exempt('a number of JSON is read as a number, and 1.0 is 1: its token becomes "1"'),
    ],
    [
      'tokens in objects and arrays are replaced',
      tokens('every string at any depth is substituted, names and other values are not'),
    ],
    ['what has no windows is never subdued', standalone('a check is subdued in its own windows alone')],
    [
      'windows for no day at all subdue nothing',
      windows('the list for all days and that of the day both count'),
    ],
    ['a window for all days subdues today', windows('the list for all days and that of the day both count')],
    [
      'a window for this weekday subdues today',
      windows('a list for a day counts on that day by the clocks here, overnight as well'),
    ],
    [
      'a window for another weekday does not',
      windows('the list for all days and that of the day both count'),
    ],
  ]),
];
