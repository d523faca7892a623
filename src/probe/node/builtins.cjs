'use strict';
// The language's own functions, as they are before any of the program's code runs: what the program changes or
// watches later (a patched Map.prototype.get, a toJSON on Object.prototype) is neither called nor believed.

const types = require('node:util').types;

const { apply } = Reflect;
const { bind, call } = Function.prototype;
const method = bind.bind(call); // method(Map.prototype.get)(map, key)
const getter = (prototype, name) => method(Object.getOwnPropertyDescriptor(prototype, name).get);

// Containers of our own: with their methods on them, so that nothing is looked up on a prototype that the
// program can change. They are made empty: filling from an iterable would call what can be changed.
function own(Base) {
  class Own extends Base {}
  for (const key of Reflect.ownKeys(Base.prototype)) {
    if (key === 'constructor') continue;
    Object.defineProperty(Own.prototype, key, Object.getOwnPropertyDescriptor(Base.prototype, key));
  }
  Object.setPrototypeOf(Own.prototype, null);
  return Own;
}

const { cpuUsage } = process;

const typedArray = Object.getPrototypeOf(Uint8Array.prototype);

module.exports = {
  types,
  method,
  OwnMap: own(Map),
  OwnSet: own(Set),
  OwnWeakMap: own(WeakMap),
  OwnWeakRef: own(WeakRef),

  apply,
  define: Reflect.defineProperty,
  descriptor: Reflect.getOwnPropertyDescriptor,
  keysOf: Reflect.ownKeys,
  prototypeOf: Reflect.getPrototypeOf,
  isArray: Array.isArray,
  objectPrototype: Object.prototype,

  push: method(Array.prototype.push),
  join: method(Array.prototype.join),
  sliceArray: method(Array.prototype.slice),
  sort: method(Array.prototype.sort),

  mapSize: getter(Map.prototype, 'size'),
  mapEntries: method(Map.prototype.entries),
  nextEntry: method(Object.getPrototypeOf(new Map().entries()).next),
  setSize: getter(Set.prototype, 'size'),
  setValues: method(Set.prototype.values),
  nextValue: method(Object.getPrototypeOf(new Set().values()).next),
  typedLength: getter(typedArray, 'length'),
  typedBytes: getter(typedArray, 'byteLength'),
  typedOffset: getter(typedArray, 'byteOffset'),
  typedBuffer: getter(typedArray, 'buffer'),
  bufferBytes: getter(ArrayBuffer.prototype, 'byteLength'),
  Uint8Array,
  latin1: method(Buffer.prototype.latin1Slice),
  timeOf: method(Date.prototype.getTime),

  charCode: method(String.prototype.charCodeAt),
  includes: method(String.prototype.includes),
  indexOf: method(String.prototype.indexOf),
  lastIndexOf: method(String.prototype.lastIndexOf),
  startsWith: method(String.prototype.startsWith),
  endsWith: method(String.prototype.endsWith),
  slice: method(String.prototype.slice),
  split: method(String.prototype.split),
  wellFormed: method(String.prototype.toWellFormed),
  exec: method(RegExp.prototype.exec),
  RegExp,
  sourceOf: method(Function.prototype.toString),
  bigintText: method(BigInt.prototype.toString),
  numberText: String,

  imul: Math.imul,
  min: Math.min,
  max: Math.max,
  ceil: Math.ceil,
  parse: JSON.parse,
  // Of a text only: an object could carry a toJSON.
  quote: JSON.stringify,
  now: method(performance.now).bind(null, performance),
  // Milliseconds of processor time that this process has used.
  worked() {
    const { user, system } = apply(cpuUsage, process, []);
    return (user + system) / 1000;
  },
};
