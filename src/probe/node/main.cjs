'use strict';
// The probe of Node, loaded with `node --require`. It is idle unless libcleanslate is preloaded into this very process, and
// until this process asks the Runtime API for its next invocation. It never throws into the program, prints nothing, keeps
// no handle open and no object alive.

const OLDEST = 20; // major versions of Node that it is tried with
const NEWEST = 25;

const path = require('node:path');

function preloaded() {
  const entries = (process.env.LD_PRELOAD ?? '').split(/[: ]+/);
  return entries.find((entry) => /^libcleanslate[^/]*\.so$/.test(path.basename(entry)));
}

function isWanted() {
  const { CLEANSLATE, CLEANSLATE_PROBES } = process.env;
  if (CLEANSLATE === 'off') return false;
  const probes = (CLEANSLATE_PROBES || 'auto').split(',');
  return probes.includes('auto') || probes.includes('node');
}

function begin() {
  const api = process.env.AWS_LAMBDA_RUNTIME_API;
  const library = preloaded();
  if (!api || library === undefined || !isWanted()) return;
  if (!require('node:worker_threads').isMainThread) return;
  const { Session } = require('./session.cjs');
  const roots = [process.env.LAMBDA_TASK_ROOT, process.cwd()];
  const session = new Session({ library, roots, oldest: OLDEST, newest: NEWEST });
  require('./rendezvous.cjs').meet(api, (request) => session.look(request));
}

try {
  begin();
} catch {
  // the program goes on without us
}

// Nobody else has to know this module.
delete require.cache[__filename];
