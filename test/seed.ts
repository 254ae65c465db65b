import { configureGlobal } from 'fast-check';

/** Properties of a run with TOCSIN_SEED draw the same inputs again; without it each run draws its own. */
const seed = process.env['TOCSIN_SEED'];
if (seed !== undefined) configureGlobal({ seed: Number(seed) });
