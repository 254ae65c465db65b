// The service that is down until you start it: answers on port 8099 until Ctrl-C.
import { createServer } from 'node:http';

createServer((_, response) => response.end('The shop is open.\n')).listen(8099, '127.0.0.1', () => {
  console.log('The shop is open on http://127.0.0.1:8099 — Ctrl-C closes it.');
});
