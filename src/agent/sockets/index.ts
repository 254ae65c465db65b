/**
 * How programs on the machine report results to its agent: TCP and UDP under one port, and HTTP under another.
 *
 * Texts come in from anybody who reaches the ports (this machine alone, by default); check results go out to the
 * agent's results, and a short answer goes back. It runs in every agent whose client does not disable it. It remembers
 * nothing but what is on its way in, within bounds of size, time and number. It never runs anything.
 * `ok` means that a server has acknowledged a result or that it is on disk; in an agent without a spool, that the agent
 * has taken it for delivery.
 */
export { loginOf } from './gate.ts';
export { type Place, type Places, placesOf } from './places.ts';
export { Reports } from './reports.ts';
export { Sockets } from './sockets.ts';
