#!/usr/bin/env node
/**
 * The command line: `tocsin up` and the commands that ask it things. In: arguments and the environment. Out: text
 * for people, JSON for scripts, exit codes. Here alone the parts are joined, and here alone a process ends. Commands
 * load what they need when they run, so that help and small questions come at once.
 */
import { run } from './program.ts';

process.exitCode = await run(process.argv.slice(2));
