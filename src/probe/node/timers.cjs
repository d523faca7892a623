'use strict';
// Timers that wait, by the lists of Node's own module, which setTimeout keeps in its scope: those too that keep no process
// alive, and what each of them will call.

const b = require('./builtins.cjs');
const { value } = require('./modules.cjs');

const { setTimeout } = globalThis;
const MOST_TIMERS = 4096;
// A timeout that is over sooner is work that goes on, and not left.
const LASTING_MS = 1000;

class Timers {
  constructor(scopes) {
    this.lists = findLists(scopes);
  }

  // Calls visit(callback, kind) for each; kind: 'setInterval', 'setTimeout'. False where the lists can't be found.
  each(visit) {
    if (this.lists === undefined) return false;
    const keys = b.keysOf(this.lists);
    let steps = 0;
    for (let i = 0; i < keys.length; i++) {
      const list = value(this.lists, keys[i]);
      let timer = value(list, '_idleNext');
      for (; timer !== list && timer !== undefined && timer !== null && steps < MOST_TIMERS; steps++) {
        const callback = value(timer, '_onTimeout');
        const repeats = typeof value(timer, '_repeat') === 'number';
        if (typeof callback === 'function' && (repeats || value(timer, '_idleTimeout') >= LASTING_MS)) {
          visit(callback, repeats ? 'setInterval' : 'setTimeout');
        }
        timer = value(timer, '_idleNext');
      }
    }
    return true;
  }
}

function findLists(scopes) {
  const seen = scopes.inspect([setTimeout])[0];
  for (let i = 0; seen !== null && i < seen.scopes.length; i++) {
    const lists = value(seen.scopes[i].variables, 'timerListMap');
    if (typeof lists === 'object' && lists !== null && !b.types.isProxy(lists)) return lists;
  }
  return undefined;
}

module.exports = { Timers };
