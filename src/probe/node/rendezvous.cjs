'use strict';
// The moment to look: this thread is about to ask for `next`, and nothing has left yet.
//
// The official client has a native part that asks on another thread: its next() is wrapped when it is loaded. Clients
// written in JavaScript announce their requests on Node's diagnostics channels: undici before it sends, http when the
// bytes of a new connection wait for it to be made; on a connection that is kept, they have been written by then, so its
// writes are watched.

const diagnostics = require('node:diagnostics_channel');
const b = require('./builtins.cjs');
const { value } = require('./modules.cjs');

const { isBuffer } = Buffer;
const NEXT = '/runtime/invocation/next';
const VERSIONED = /^\/\d{4}-\d\d-\d\d\/runtime\/invocation\/next$/;
const HEAD = /^GET \/\d{4}-\d\d-\d\d\/runtime\/invocation\/next HTTP\/1/;

const isNext = (path) => typeof path === 'string' && b.endsWith(path, NEXT) && b.exec(VERSIONED, path) !== null;

// `api`: HOST:PORT. `look(hint)` is called each time and never throws; `hint`: the client's request, if there is one.
function meet(api, look) {
  const colon = b.lastIndexOf(api, ':');
  const host = colon > 0 ? b.slice(api, 0, colon) : api;
  wrapAddons(look);

  diagnostics.subscribe('http.client.request.start', (message) => quietly(() => {
    const { request } = message; // Node's own, whose members are data or accessors of Node's by its version
    if (!isNext(request.path) || request.host !== host) return;
    const isNew = watchWrites(request.socket, look);
    if (isNew) look(request);
  }));

  diagnostics.subscribe('undici:request:create', (message) => quietly(() => {
    const { request } = message;
    if (isNext(request.path) && b.endsWith(`${request.origin}`, `//${api}`)) look(undefined);
  }));
}

function quietly(action) {
  try {
    action();
  } catch {
    // the program goes on
  }
}

// process.dlopen is ours until the client's addon has come by it.
function wrapAddons(look) {
  const before = b.descriptor(process, 'dlopen');
  const real = before.value;
  const wrapped = {
    dlopen(...parameters) {
      const result = b.apply(real, this, parameters);
      quietly(() => {
        const exports = value(parameters[0], 'exports');
        if (!wrapNext(exports, look)) return;
        if (b.descriptor(process, 'dlopen').value === wrapped) b.define(process, 'dlopen', before);
      });
      return result;
    },
  }.dlopen;
  like(wrapped, real);
  b.define(process, 'dlopen', { ...before, value: wrapped });
}

function wrapNext(exports, look) {
  if (typeof value(exports, 'next') !== 'function' || typeof value(exports, 'done') !== 'function') return false;
  const before = b.descriptor(exports, 'next');
  if (!before.configurable && !before.writable) return false;
  const real = before.value;
  const wrapped = {
    next(...parameters) {
      look(undefined);
      return b.apply(real, this, parameters);
    },
  }.next;
  like(wrapped, real);
  return b.define(exports, 'next', { ...before, value: wrapped });
}

function like(wrapped, real) {
  for (const key of ['name', 'length']) {
    const own = b.descriptor(real, key);
    if (own !== undefined) b.define(wrapped, key, own);
  }
}

// From the second request on a connection. true: this one is the first.
const watched = new b.OwnWeakMap();

function watchWrites(socket, look) {
  if (typeof socket !== 'object' || socket === null || watched.has(socket)) return socket === null || socket === undefined;
  watched.set(socket, true);
  const real = socket.write;
  const write = {
    write(...parameters) {
      quietly(() => {
        const head = parameters[0];
        const text = typeof head === 'string' ? head : isBuffer(head) ? b.latin1(head, 0, b.min(64, b.typedLength(head))) : '';
        if (b.exec(HEAD, b.slice(text, 0, 64)) !== null) look(socket._httpMessage);
      });
      return b.apply(real, this, parameters);
    },
  }.write;
  like(write, real);
  b.define(socket, 'write', { value: write, writable: true, configurable: true, enumerable: false });
  return true;
}

module.exports = { meet };
