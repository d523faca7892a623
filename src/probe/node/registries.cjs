'use strict';
// What programs register with Node and forget: listeners, timers and other active resources, loaded modules, names on the
// global object. Counts only.

const b = require('./builtins.cjs');
const { isName } = require('./event_values.cjs');
const { value } = require('./modules.cjs');

const { getActiveResourcesInfo } = process;
const globalsAtFirst = new b.OwnSet();
for (const key of b.keysOf(globalThis)) globalsAtFirst.add(key);

const MOST_EVENTS = 64;
// Steps of a connection's or a file's life, over in a moment.
const PASSING = /^(?:CloseReq|ConnectWrap|\w+ConnectWrap|WriteWrap|ShutdownWrap|TickObject)$/;

// Calls visit(event, count) for each event that the emitter has listeners of; of events whose names may be data, the sum
// under "*".
function eachListened(emitter, visit) {
  const events = value(emitter, '_events');
  if (typeof events !== 'object' || events === null || b.types.isProxy(events)) return;
  const keys = b.keysOf(events);
  let others = 0;
  for (let i = 0; i < keys.length; i++) {
    const listeners = b.descriptor(events, keys[i])?.value;
    let count = typeof listeners === 'function' ? 1 : 0;
    if (b.isArray(listeners)) count = b.descriptor(listeners, 'length').value;
    if (count === 0) continue;
    if (i < MOST_EVENTS && typeof keys[i] === 'string' && isName(keys[i])) visit(keys[i], count);
    else others += count;
  }
  if (others > 0) visit('*', others);
}

// [[kind of resource, count]]
function activeResources() {
  const counts = new b.OwnMap();
  const names = b.apply(getActiveResourcesInfo, process, []);
  for (let i = 0; i < names.length; i++) {
    if (b.exec(PASSING, names[i]) === null) counts.set(names[i], (counts.get(names[i]) ?? 0) + 1);
  }
  const found = [];
  const entries = counts.entries();
  for (let step = b.nextEntry(entries); !step.done; step = b.nextEntry(entries)) b.push(found, step.value);
  return found;
}

// Calls visit(key) for each text key that the global object did not have when the process began.
function eachNewGlobal(visit) {
  const keys = b.keysOf(globalThis);
  for (let i = 0; i < keys.length; i++) {
    if (typeof keys[i] === 'string' && !globalsAtFirst.has(keys[i])) visit(keys[i]);
  }
}

module.exports = { activeResources, eachListened, eachNewGlobal };
