'use strict';
// How many worker threads there are. They are left alone: each has variables of its own.

const diagnostics = require('node:diagnostics_channel');
const { Worker } = require('node:worker_threads');
const { OwnWeakRef, apply, descriptor, push } = require('./builtins.cjs');
const { value } = require('./modules.cjs');

const threadOf = descriptor(Worker.prototype, 'threadId')?.get;

const MOST = 256;
let known = []; // weak references to workers

function count() {
  if (threadOf === undefined) return;
  diagnostics.subscribe('worker_threads', (message) => {
    const worker = value(message, 'worker');
    if (typeof worker === 'object' && worker !== null && known.length < MOST) push(known, new OwnWeakRef(worker));
  });
}

// A worker that has ended has no thread.
function running() {
  const left = [];
  for (let i = 0; i < known.length; i++) {
    const worker = known[i].deref();
    if (worker !== undefined && threadOf !== undefined && apply(threadOf, worker, []) >= 0) push(left, known[i]);
  }
  known = left;
  return known.length;
}

module.exports = { count, running };
