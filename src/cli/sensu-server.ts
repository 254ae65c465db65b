#!/usr/bin/env node
/** `sensu-server`: the command line of Sensu. The name of the executable says the role; see `processes/sensu.ts`. */
import { runSensu } from './processes/sensu.ts';

process.exitCode = await runSensu(process.argv[1] ?? 'sensu-server', process.argv.slice(2));
