// A handler in a few lines: reads the event from its standard input and writes one line about it to a file.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

let text = '';
for await (const chunk of process.stdin) text += chunk;
const { action, check, client, timestamp } = JSON.parse(text);
const severity = ['OK', 'WARNING', 'CRITICAL'][check.status] ?? 'UNKNOWN';
const line = `${new Date(timestamp * 1000).toISOString()} ${action.toUpperCase()} ${severity} ${client.name}/${check.name}`;
const file = join(process.env.TOCSIN_DATA ?? '.', 'notebook.log');
appendFileSync(file, `${line}: ${check.output.trim().split('\n')[0]}\n`);
console.log(`noted in ${file}`);
