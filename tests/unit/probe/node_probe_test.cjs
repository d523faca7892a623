'use strict';
// The JavaScript half of the probe of Node, without the library: node --expose-gc node_probe_test.cjs SOURCES SCRATCH
const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { pathToFileURL } = require('node:url');

const [sources, scratch] = process.argv.slice(2).map((folder) => path.resolve(folder));
const { Probe } = require(path.join(sources, 'look.cjs'));
const { EventValues } = require(path.join(sources, 'event_values.cjs'));
const { tell } = require(path.join(sources, 'tell.cjs'));

// So that a busy machine cuts no look short.
const PATIENT = { budget: 60000, limits: { first: 30000, usual: 30000 } };

let folders = 0;

// A program of these files, in a folder of its own; `app` is what app.js or app.mjs exports.
async function program(files) {
  const root = path.join(scratch, `program${folders++}`);
  fs.rmSync(root, { recursive: true, force: true });
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
  const app = files['app.mjs'] ? await import(pathToFileURL(path.join(root, 'app.mjs'))) : require(path.join(root, 'app.js'));
  let event;
  const probe = new Probe({ roots: [root], events: () => (event === undefined ? [] : [JSON.stringify(event)]), ...PATIENT });
  const look = (given) => {
    event = given;
    const found = byName(probe.look());
    assert.strictEqual(probe.broken, 0);
    return found;
  };
  look();
  // What a call with this event changes.
  const after = async (given, ...parameters) => {
    await app.handler(given, ...parameters);
    return look(given);
  };
  return { app, probe, look, after, root };
}

function byName({ seen, gone, leftOut }) {
  const found = { gone: gone.map(({ name }) => name), leftOut };
  for (const { name, role, before, now } of seen) {
    found[name] = { ...now, role, before, holds: now.holds.map(({ field, number }) => (number ? `${field} (number)` : field)) };
  }
  return found;
}

// Milliseconds of the processor: others use the machine too.
const worked = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;

const event = (n) => ({ token: `token-of-customer-${n}`, customer: `customer ${n}`, number: 100000 + n });
const names = (found) => Object.keys(found).filter((name) => !['gone', 'leftOut'].includes(name) && !/^(process|resources|require|import)\./.test(name));

test('a list, a map, an object and a class grow under the names that the source has', async () => {
  const { after } = await program({
    'app.js': `
const list = [];
const byToken = new Map();
const byCustomer = {};
class Cart { static all = new Set(); }
exports.handler = (event) => {
  list.push(event.number);
  byToken.set(event.token, 1);
  byCustomer[event.customer] = 1;
  Cart.all.add(event.number);
};
exports.Cart = Cart;
`,
  });
  for (let n = 1; n < 4; n++) {
    const found = await after(event(n));
    assert.deepStrictEqual(names(found).sort(), ['app.Cart.all', 'app.byCustomer', 'app.byToken', 'app.list']);
    assert.deepStrictEqual(
      ['app.list', 'app.byToken', 'app.byCustomer', 'app.Cart.all'].map((name) => [found[name].kind, found[name].entries, found[name].line]),
      [['Array', n, 2], ['Map', n, 3], ['object', n, 4], ['Set', n, 5]],
    );
    assert.strictEqual(found['app.list'].file, 'app.js');
    assert.strictEqual(found['app.list'].before, n);
  }
});

test('a clean program is told once', async () => {
  const { after } = await program({
    'app.js': `
const prices = new Map([['tea', 3]]);
const settings = { region: 'eu-west-1', limits: [1, 2] };
class Session { constructor(user) { this.user = user; this.history = [user]; } }
exports.handler = (event) => {
  const session = new Session(event.token);
  return prices.get('tea') + settings.limits.length + session.history.length;
};
`,
  });
  for (let n = 1; n < 4; n++) assert.deepStrictEqual(names(await after(event(n))), []);
});

test('what a closure keeps', async () => {
  const { after } = await program({
    'app.js': `
function counter() {
  const hits = [];
  let last = '';
  return (text) => { hits.push(text); last = text; return last; };
}
const count = counter();
exports.handler = (event) => { count(event.token); };
`,
  });
  await after(event(1));
  const found = await after(event(2));
  assert.deepStrictEqual(names(found).sort(), ['app.counter().hits', 'app.counter().last']);
  assert.strictEqual(found['app.counter().hits'].entries, 2);
  assert.deepStrictEqual(found['app.counter().last'].holds, ['event.token']);
});

test('two closures of one function have two names, two of one call have one', async () => {
  const { after } = await program({
    'app.js': `
function counter() { const hits = []; return { add: (n) => hits.push(n), size: () => hits.length }; }
const one = counter();
const two = counter();
exports.handler = (event) => { one.add(1); two.add(1); two.add(2); return one.size() + two.size(); };
`,
  });
  const found = await after(event(1));
  const grown = Object.entries(found).filter(([name]) => name.endsWith('.hits')).map(([, { entries }]) => entries);
  assert.deepStrictEqual(grown.sort(), [1, 2]);
});

test("a singleton's attributes, private ones too, and what holds the event", async () => {
  const { after } = await program({
    'app.js': `
class Service {
  lastEvent = null;
  #history = [];
  handle(event) { this.lastEvent = event; this.#history.push(event.token); this.number = event.number; }
}
const service = new Service();
exports.handler = (event) => service.handle(event);
`,
  });
  await after(event(1));
  const found = await after(event(2));
  assert.deepStrictEqual(names(found).sort(), ['app.service.#history', 'app.service.lastEvent', 'app.service.number']);
  assert.deepStrictEqual(found['app.service.lastEvent'].holds, ['event.token', 'event.customer']);
  assert.deepStrictEqual(found['app.service.number'].holds, ['event.number (number)']);
  assert.strictEqual(found['app.service.#history'].entries, 2);
});

test('ES modules: variables stand under the module that declares them', async () => {
  const { after } = await program({
    'app.mjs': `
import { remember, seen as known } from './lib/store.mjs';
import common from './lib/common.js';
let last = null;
export const handler = async (event) => { last = event; remember(event); common.put(event.number); return [last, known.length]; };
`,
    'lib/store.mjs': `
const hidden = new Map();
export const seen = [];
export function remember(event) { hidden.set(event.token, 1); seen.push(event.customer); }
`,
    'lib/common.js': 'const kept = [];\nexports.put = (value) => kept.push(value);\n',
  });
  await after(event(1));
  const found = await after(event(2));
  assert.deepStrictEqual(names(found).sort(), ['app.last', 'lib/common.kept', 'lib/store.hidden', 'lib/store.seen']);
  assert.strictEqual(found['lib/store.seen'].file, 'lib/store.mjs');
  assert.deepStrictEqual(found['lib/store.seen'].holds, ['event.customer']);
  assert.strictEqual(found['lib/store.hidden'].entries, 2);
});

test('a module that exports a singleton', async () => {
  const { after } = await program({
    'app.js': `const service = require('./lib/service');\nexports.handler = (event) => { service.user = event.token; };\n`,
    'lib/service.js': `class Service { user = ''; }\nmodule.exports = new Service();\n`,
  });
  const found = await after(event(1));
  assert.deepStrictEqual(names(found), ['lib/service.user']);
  assert.deepStrictEqual(found['lib/service.user'].holds, ['event.token']);
});

test('a module that is a container', async () => {
  const { after } = await program({
    'app.js': `const kept = require('./kept');\nconst all = require('./all');\nexports.handler = (event) => { kept.set(event.number, event.token); all.push(event.token); };\n`,
    'kept.js': 'module.exports = new Map();\n',
    'all.js': 'module.exports = [];\n',
  });
  const found = await after(event(1));
  assert.deepStrictEqual(names(found).sort(), ['all.exports', 'kept.exports']);
  assert.strictEqual(found['kept.exports'].entries, 1);
});

test('attributes stand where their class is written', async () => {
  const { after } = await program({
    'app.js': `const { Service } = require('./lib/service');\nconst service = new Service();\nexports.handler = (event) => service.add(event);\n`,
    'lib/base.js': `exports.Base = class Base {\n  constructor() {\n    this.kept = [];\n  }\n};\n`,
    'lib/service.js': `const { Base } = require('./base');\nexports.Service = class Service extends Base {\n  add(event) {\n    this.kept.push(event.token); this.last = Buffer.from(event.customer);\n    if (this.kept.length > 3) this.kept.shift();\n  }\n};\n`,
  });
  const found = await after(event(1));
  const place = ({ file, line, bound }) => [file, line, bound];
  assert.deepStrictEqual(place(found['app.service.kept']), ['lib/base.js', 3, 'evicts']);
  assert.deepStrictEqual(place(found['app.service.last']), ['lib/service.js', 4, 'none']);
  assert.deepStrictEqual(found['app.service.last'].holds, ['event.customer']);
});

test('a handler that a library has wrapped', async () => {
  const { after } = await program({
    'app.js': `
const wrap = require('wrapper');
const list = [];
exports.handler = wrap((event) => { list.push(event.token); });
`,
    'node_modules/wrapper/index.js': 'const calls = [];\nmodule.exports = (base) => (...all) => { calls.push(1); return base(...all); };\n',
  });
  const found = await after(event(1));
  assert.deepStrictEqual(names(found), ['app.list']);
});

test('a bundle, whose exports are getters', async () => {
  const { after } = await program({
    'app.js': `
var __defProp = Object.defineProperty;
var __export = (target, all) => { for (var name in all) __defProp(target, name, { get: all[name], enumerable: true }); };
var app_exports = {};
__export(app_exports, { handler: () => handler });
module.exports = app_exports;
var orders = [];
var handler = async (event) => { orders.push(event.token); };
`,
  });
  const found = await after(event(1));
  assert.deepStrictEqual(names(found), ['app.orders']);
  assert.deepStrictEqual(found['app.orders'].holds, ['event.token']);
});

test('a module that is loaded anew', async () => {
  const { root, look } = await program({ 'app.js': 'exports.handler = () => {};' });
  const file = path.join(root, 'cart.js');
  fs.writeFileSync(file, 'const cart = [];\nexports.add = (item) => cart.push(item);\n');
  require(file).add(1);
  assert.strictEqual(look()['cart.cart'].entries, 1);
  require(file).add(2);
  assert.strictEqual(look()['cart.cart'].entries, 2);
  delete require.cache[file];
  assert.deepStrictEqual(look().gone, ['cart.cart']);
  require(file).add(1);
  assert.strictEqual(look()['cart.cart'].entries, 1);
  delete require.cache[file];
  require(file);
  assert.strictEqual(look()['cart.cart'].entries, 0);
});

test('a key made of the event is a lookup, a text held before is no news', async () => {
  const { after } = await program({
    'app.js': `
const byToken = new Map();
const byNumber = new Map();
const state = { customer: '', seen: {} };
exports.handler = (event) => { byNumber.set(event.number, event.token); byToken.set(event.token, { at: event.token }); state.customer = event.customer; state.seen[event.token] = event.token; };
`,
  });
  let found = await after(event(1));
  assert.deepStrictEqual(found['app.byNumber'].holds, []);
  assert.deepStrictEqual(found['app.byToken'].holds, []);
  assert.deepStrictEqual(found['app.state.seen'].holds, []);
  assert.deepStrictEqual(found['app.state.customer'].holds, ['event.customer']);
  found = await after(event(1));
  assert.deepStrictEqual(names(found), []);
});

test('times and what the code itself says are no texts', async () => {
  const { after } = await program({
    'app.js': `
let state = 'idle';
let at = '';
exports.handler = (event) => { state = state === 'idle' ? 'running' : 'idle'; at = event.at; return [state, at]; };
`,
  });
  await after({ at: '2026-11-27T05:02:11.123Z' });
  const found = await after({ at: '2026-11-28T05:02:11.123Z' });
  assert.strictEqual(found['app.at'], undefined);
  assert.strictEqual(found['app.state'].texts, 0);
});

test('what has an end by itself', async () => {
  const { after } = await program({
    'app.js': `
const recent = [];
const cache = new Map();
const all = [];
class LRUCache { #max = 3; #map = new Map(); set(key) { this.#map.set(key, 1); if (this.#map.size > this.#max) this.#map.delete(key); } }
exports.handler = (event) => {
  recent.push(event.number); if (recent.length > 10) recent.shift();
  cache.set(event.number, 1); if (cache.size > 10) cache.delete(event.number);
  all.push(event.number);
};
exports.LRUCache = LRUCache;
`,
  });
  const found = await after(event(1));
  assert.deepStrictEqual(['recent', 'cache', 'all'].map((name) => found[`app.${name}`].bound), ['evicts', 'evicts', 'none']);
});

test('listeners, intervals and globals', async () => {
  const { after } = await program({
    'app.js': `
const { EventEmitter } = require('node:events');
const bus = new EventEmitter();
const timers = [];
exports.handler = (event) => {
  bus.on('order', () => event);
  process.on('SIGUSR2', () => event);
  timers.push(setInterval(() => {}, 100000).unref());
  timers.push(setTimeout(function late() {}, 100000));
  timers.push(setTimeout(() => {}, 10)); // soon over
  globalThis.lastToken = event.token;
};
exports.end = () => { timers.forEach(clearInterval); process.removeAllListeners('SIGUSR2'); };
`,
  });
  await after(event(1));
  const { app, after: again } = await program({ 'app.js': 'exports.handler = () => {};' });
  assert.ok(app && again);
  const found = await after(event(2));
  assert.strictEqual(found['app.bus.on(order)'].entries, 2);
  assert.strictEqual(found['app.bus.on(order)'].role, 'registry');
  assert.strictEqual(found['process.on(SIGUSR2)'].entries, 2);
  assert.strictEqual(found['app.setInterval(line 8)'].entries, 2);
  assert.strictEqual(found['app.setInterval(line 8)'].line, 8);
  assert.strictEqual(found['app.setTimeout(late)'].entries, 2);
  assert.strictEqual(found['app.setTimeout(late)'].line, 9);
  assert.deepStrictEqual(Object.keys(found).filter((name) => /imeout|nterval/.test(name)).length, 2);
  assert.deepStrictEqual(found['globalThis.lastToken'].holds, ['event.token']);
  for (const module of Object.values(require.cache)) module.exports.end?.();
  delete globalThis.lastToken;
});

test('another container in its place', async () => {
  const { after } = await program({
    'app.js': `let kept = [];\nexports.handler = (event) => { if (event.anew) kept = []; kept.push(event.number); return kept; };\n`,
  });
  const first = (await after(event(1)))['app.kept'].object;
  assert.strictEqual((await after(event(2)))['app.kept'].object, first);
  const second = (await after({ ...event(3), anew: true }))['app.kept'].object;
  assert.notStrictEqual(second, first);
});

test('a variable that is gone', async () => {
  const { after, app } = await program({
    'app.js': `let kept = null;\nexports.handler = (event) => { kept = event === null ? null : [event.token]; return kept; };\n`,
  });
  assert.ok(app);
  assert.deepStrictEqual(names(await after(event(1))), ['app.kept']);
  assert.deepStrictEqual((await after(null)).gone, ['app.kept']);
});

test("nothing of the program's is run", async () => {
  const { after, app } = await program({
    'app.js': `
const ran = [];
const note = (what) => { ran.push(what); return 1; };
const trapped = new Proxy({}, new Proxy({}, { get: (_, name) => { note('trap ' + String(name)); } }));
const inspect = Symbol.for('nodejs.util.inspect.custom');
const hostile = {
  get getter() { return note('getter'); },
  set setter(value) { note('setter'); },
  toString() { return String(note('toString')); },
  toJSON() { return note('toJSON'); },
  valueOf() { return note('valueOf'); },
  [Symbol.toPrimitive]() { return note('toPrimitive'); },
  [inspect]() { return note('inspect'); },
  get [Symbol.toStringTag]() { return String(note('toStringTag')); },
};
class Sized extends Map { get size() { return note('size'); } entries() { return note('entries'); } forEach() { note('forEach'); } }
class Listed extends Array { get [Symbol.iterator]() { return note('iterator'); } static get [Symbol.species]() { return note('species'); } }
class Odd { static get cache() { return note('static getter'); } #kept = [1]; get kept() { return note('accessor'); } }
Object.defineProperty(Odd.prototype, 'constructor', { get: () => note('constructor') });
const sized = new Sized();
const listed = new Listed();
const odd = new Odd();
const indexed = [1, 2];
Object.defineProperty(indexed, 0, { get: () => note('index') });
const failure = new Error('x');
Error.prepareStackTrace = (error, frames) => { note('prepareStackTrace'); return String(frames.length); };
const nested = { deep: [hostile, trapped, sized, failure] };
const thenable = { get then() { return note('then'); } };
function keeps() { return [trapped, hostile, sized, listed, odd, indexed, nested, thenable, failure]; }
keeps.failure = failure;
Object.defineProperty(keeps, 'name', { get: () => note('name') });
exports.handler = () => { nested.deep.push(1); sized.set(nested.deep.length, hostile); return keeps().length; };
exports.ran = ran;
exports.Odd = Odd;
exports.keeps = keeps;
Object.defineProperty(exports, 'lazy', { get: () => note('exports getter'), enumerable: true });
`,
  });
  app.ran.length = 0;
  await after(event(1));
  await after(event(2));
  assert.deepStrictEqual(app.ran, []);
  delete Error.prepareStackTrace;
});

test('patched built-ins are neither called nor believed', async () => {
  const { app, probe } = await program({
    'app.js': 'const kept = new Map();\nexports.handler = (event) => { kept.set(event.number, [event.token]); };\n',
  });
  app.handler(event(1));
  const bad = () => { throw new Error('called'); };
  const undo = [];
  const patch = (object, ...keys) => {
    for (const key of keys) {
      const before = Object.getOwnPropertyDescriptor(object, key);
      undo.unshift(() => (before === undefined ? delete object[key] : Object.defineProperty(object, key, before)));
      Object.defineProperty(object, key, { value: bad, configurable: true, writable: true });
    }
  };
  patch(Map.prototype, 'entries', 'forEach', 'get', 'set', 'has', 'size', Symbol.iterator);
  patch(Set.prototype, 'has', 'add', 'values', 'size');
  patch(WeakMap.prototype, 'get', 'set');
  patch(WeakRef.prototype, 'deref');
  patch(String.prototype, 'includes', 'startsWith', 'endsWith', 'slice', 'charCodeAt', 'indexOf', 'split', 'substring');
  patch(RegExp.prototype, 'exec', 'test');
  patch(Function.prototype, 'toString');
  patch(JSON, 'parse', 'stringify');
  patch(Reflect, 'ownKeys', 'getOwnPropertyDescriptor', 'apply', 'getPrototypeOf');
  let found;
  let text;
  try {
    found = probe.look();
    text = tell(1, found, 0, '');
  } finally {
    undo.forEach((each) => each());
  }
  assert.strictEqual(byName(found)['app.kept'].entries, 2);
  assert.strictEqual(JSON.parse(text).seen.length > 0, true);
});

test('nothing is kept alive', async () => {
  const { after, app, look } = await program({
    'app.js': `
let kept = null;
function make(event) { let inner = { event }; return { get: () => inner, list: [inner] }; }
exports.handler = (event) => { kept = event === null ? null : make(event); return kept; };
exports.ref = () => new WeakRef(kept.list[0]);
exports.fn = () => new WeakRef(kept.get);
`,
  });
  await after(event(1));
  await after(event(2));
  const refs = [app.ref(), app.fn()];
  await app.handler(null);
  look(event(3));
  await new Promise((done) => setTimeout(done, 10));
  global.gc();
  await new Promise((done) => setTimeout(done, 10));
  global.gc();
  assert.deepStrictEqual(refs.map((ref) => ref.deref()), [undefined, undefined]);
});

test('memory stays as it is over ten thousand looks', async () => {
  const { app, probe } = await program({
    'app.js': `
let last = null;
const recent = new Map();
class Session { #kept = []; open(event) { this.#kept = [event]; this.event = event; } }
const session = new Session();
function counter() { let value = 0; return (event) => { value = event; return value; }; }
const count = counter();
exports.handler = (event) => { last = event; recent.set(event.number % 50, event.token); session.open(event); count(event.token); return last; };
`,
  });
  const used = [];
  for (let n = 0; n <= 10000; n++) {
    app.handler(event(n));
    tell(n, probe.look(), 0, '');
    if (n % 4000 === 2000) {
      global.gc();
      used.push([process.memoryUsage().heapUsed, process.memoryUsage.rss()]);
    }
  }
  const [[heap, resident], , [heapAtEnd, residentAtEnd]] = used;
  assert.ok(heapAtEnd - heap < 512 * 1024, `${heap} -> ${heapAtEnd}`);
  assert.ok(residentAtEnd - resident < 40 * 1024 * 1024, `${resident} -> ${residentAtEnd}`); // V8 gives itself room
});

test('a large program stays within the budget, and is seen within 20 looks', async () => {
  const files = { 'app.js': '' };
  for (let n = 0; n < 60; n++) {
    files['app.js'] += `exports.m${n} = require('./m${n}.js');\n`;
    files[`m${n}.js`] = `
let list = [], map = new Map(), object = {};
for (let i = 0; i < 400; i++) { list.push({ id: i, text: 'text number ' + i }); map.set('key ' + i, 'value ' + i); object['key-' + i] = i; }
exports.leak = (event) => list.push(event);
exports.all = () => [list, map, object];
`;
  }
  const { app, root } = await program(files);
  const probe = new Probe({ roots: [root], events: () => [], budget: 2000 });
  const seen = new Set();
  const times = [];
  for (let n = 0; n < 20; n++) {
    const began = worked();
    for (const { name } of probe.look().seen) seen.add(name);
    times.push(worked() - began);
  }
  times.sort((x, y) => x - y);
  assert.ok(times[10] < 40, `${times}`);
  for (let n = 0; n < 60; n++) assert.ok(seen.has(`m${n}.list`), `m${n}.list`);
  app.m59.leak(event(1));
  let waited = 0;
  while (!probe.look().seen.some(({ name }) => name === 'm59.list')) assert.ok(++waited < 20);
});

test('a bundle of many functions costs no look more than its time', async () => {
  let bundle = 'const orders = [];\nexports.handler = (event) => orders.push(event.token);\n';
  for (let n = 0; n < 3000; n++) {
    bundle += `function helper${n}(a) { return a > ${n} ? helper${(n + 1) % 3000}(a - 1) : '${'pad'.repeat(80)}'; }\n`;
    bundle += `var table${n} = { key${n}: ${n}, run: helper${n} };\n`;
  }
  bundle += `exports.all = () => [${Array.from({ length: 3000 }, (_, n) => `table${n}`)}];\n`;
  const { app, root } = await program({ 'app.js': bundle });
  const probe = new Probe({ roots: [root], events: () => [], budget: 2000 });
  const times = [];
  let found = false;
  for (let n = 0; n < 20; n++) {
    app.handler(event(n));
    const began = worked();
    found = probe.look().seen.some(({ name }) => name === 'app.orders') || found;
    times.push(worked() - began);
  }
  assert.ok(found);
  assert.strictEqual(probe.broken, 0);
  times.sort((x, y) => x - y);
  assert.ok(times[10] < 100, `${times}`);
});

test('a program ends when it would end', async () => {
  const { root } = await program({ 'app.js': 'exports.handler = () => {};' });
  const script = `
    const { Probe } = require(${JSON.stringify(path.join(sources, 'look.cjs'))});
    const probe = new Probe({ roots: [${JSON.stringify(root)}], events: () => [], budget: 50 });
    probe.look();
    process.exitCode = 7;
  `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], { timeout: 20000, encoding: 'utf8' });
  assert.deepStrictEqual([status, stdout, stderr], [7, '', '']);
});

test('a look is text that can be read, whatever names there are', () => {
  const now = { size: 1, kind: 'a"b', file: 'x\u2028\ud800.js', line: 3, bound: 'none', entries: 1, texts: 2, rest: 3, object: 4, holds: [{ field: 'event.*', number: false }] };
  const text = tell(4, { seen: [{ name: 'n'.repeat(1000), role: 'variable', before: 3, now }], gone: [{ name: 'x', before: 1 }], watched: 1, leftOut: 0 }, 2, '');
  const read = JSON.parse(text);
  assert.strictEqual(read.seen[0].name.length, 160);
  assert.strictEqual(read.seen[0].kind, 'a"b');
  assert.strictEqual(read.seen[0].file, 'x\u2028\ufffd.js');
  assert.deepStrictEqual(read.gone, [{ name: 'x', before: 1 }]);
});

test("an event's values", () => {
  const values = new EventValues();
  values.add(JSON.stringify({
    user: { token: 'secret-token-1' }, items: [{}, { id: 'item-number-2' }], 'customer-4711001': { v: 'deep value 3' },
    body: JSON.stringify({ inner: 'inner value 4' }), short: 'short', count: 12345, few: 12,
  }));
  const fieldsIn = (text) => {
    const held = [];
    values.find(text, held);
    return held.map(({ field }) => field);
  };
  assert.deepStrictEqual(fieldsIn('secret-token-1'), ['event.user.token']);
  assert.deepStrictEqual(fieldsIn('x item-number-2 y'), ['event.items[1].id']);
  assert.deepStrictEqual(fieldsIn('deep value 3'), ['event.*.v']);
  assert.deepStrictEqual(fieldsIn('inner value 4'), ['event.body.inner']);
  assert.deepStrictEqual(fieldsIn('short'), []);
  const numbers = [];
  values.findNumber(12345, numbers);
  values.findNumber(12, numbers);
  assert.deepStrictEqual(numbers, [{ field: 'event.count', number: true }]);
});
