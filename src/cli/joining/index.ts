/**
 * How an agent on another machine finds its server and is let in. In, at the server: what an operator wants of a new
 * agent. Out: one line, whose code holds addresses, a secret and whom to trust. In, at the agent: that code. Out: the
 * invitation, kept in the agent's data folder, readable by its user alone. Runs on the command line of both. Never
 * connects an agent by itself, and never shows a secret that it did not just receive.
 */
export { type Invitation, isInvitation, JOIN_VARIABLE, joinCode, readJoinCode } from './code.ts';
export { takeInvitation } from './kept.ts';
