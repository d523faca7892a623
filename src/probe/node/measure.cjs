'use strict';
// What one variable leads to, as numbers: how many entries, a mark of its texts, a mark of the rest, and which fields of
// the event stand in it. Reads data only: no getter, no trap, no method of the program's is ever run. Of objects that are
// not the program's own (a library's client, a socket) only the sizes of their direct containers count.

const b = require('./builtins.cjs');
const { add, markOfNumber, markOfText } = require('./marks.cjs');
const { Out } = require('./sources.cjs');

const { types } = b;
const DEEPEST = 12;
const WHOLE = 2000; // a container of so many entries is walked whole; of a larger one the first and the last
const EDGE = 500;
const MOST_FIELDS = 64; // an object with more members is a dictionary
const MOST_NODES = 20000; // of one variable
const MOST_HELD = 2048; // texts of one variable that are known again
const MOST_BYTES = 1 << 16; // of one buffer in which the event is looked for
const MOST_CODE_TEXTS = 4096;
const TIME = /^(?=.*\d)(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?[\dTZ\s:.,+/-]{6,40}$|^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .{10,60}$/;
const SEPARATOR = /[:./-]|^1\d{9}(?:\d{3})?$/;

function looksLikeTime(text) {
  if (text.length < 6 || text.length > 72) return false;
  const first = b.charCode(text, 0); // most texts begin with no digit, nor like a day's name
  if ((first < 48 || first > 57) && first !== 77 && first !== 84 && first !== 87 && first !== 70 && first !== 83) return false;
  return b.exec(TIME, text) !== null && b.exec(SEPARATOR, text) !== null;
}

const short = (mark) => mark & 0x3fffffff;

// State of one look: shared by all its variables.
class Look {
  constructor({ sources, events, deadline, work, own, codeTexts }) {
    this.sources = sources;
    this.events = events; // null: none
    this.deadline = deadline; // by the clock, which others may use up
    this.worked = b.worked() + work; // by what this process does
    this.half = this.worked - work / 2;
    this.own = own; // (object) => whether its class is the program's own
    this.codeTexts = codeTexts; // marks of texts that the code itself contains; kept between looks
    this.visited = new b.OwnSet();
    this.claimed = null; // (object) => whether it has a name of its own, elsewhere
    this.nodes = 0;
    this.leftOut = 0;
  }

  get isHalf() {
    return b.worked() > this.half;
  }

  get late() {
    return b.now() > this.deadline || b.worked() > this.worked;
  }
}

class Measure {
  // `before`: the texts that the variable held at the look before, short marks; null: there was none.
  // `crowded`: they were too many to be known.
  constructor(look, before, crowded) {
    this.look = look;
    this.before = before;
    this.crowded = crowded;
    this.entries = 0;
    this.texts = 0;
    this.rest = 0;
    this.holds = [];
    this.held = new b.OwnSet();
    this.overflow = false;
    this.nodes = 0;
    this.steps = 0; // what it cost, beside the nodes
  }

  // The value of the variable itself.
  root(value) {
    if (typeof value === 'number' && this.look.events !== null) this.look.events.findNumber(value, this.holds);
    this.value(value, 0, false, true);
  }

  tick() {
    if (++this.nodes > MOST_NODES) {
      this.look.leftOut++;
      return false;
    }
    if ((++this.look.nodes & 127) === 0 && this.look.late) throw new Out();
    return true;
  }

  // `lookup`: it stands under a key that is made of the event's values.
  value(value, depth, lookup, direct) {
    switch (typeof value) {
      case 'string':
        return this.text(value, lookup);
      case 'number':
        this.rest = add(this.rest, markOfNumber(value));
        return undefined;
      case 'boolean':
        this.rest = add(this.rest, value ? 1 : 2);
        return undefined;
      case 'bigint':
        this.rest = add(this.rest, markOfText(b.bigintText(value)));
        return undefined;
      case 'object':
        if (value !== null) this.object(value, depth, lookup, direct);
        return undefined;
      default:
        return undefined;
    }
  }

  text(text, lookup) {
    if (text.length === 0) return;
    const mark = markOfText(text);
    if (looksLikeTime(text)) return;
    const brief = short(mark);
    const fresh = !this.crowded && (this.before === null || !this.before.has(brief));
    if (this.isCode(text, mark, brief)) {
      this.rest = add(this.rest, mark);
      return;
    }
    this.texts = add(this.texts, mark);
    this.hold(brief);
    if (fresh && !lookup && this.look.events !== null) this.look.events.find(text, this.holds);
  }

  hold(brief) {
    if (this.held.size < MOST_HELD) this.held.add(brief);
    else this.overflow = true;
  }

  // What was data at the look before stays data, so that a mark means the same from look to look.
  isCode(text, mark, brief) {
    const { codeTexts, sources } = this.look;
    if (codeTexts.has(mark)) return true;
    if (this.crowded || (this.before !== null && this.before.has(brief))) return false;
    if (codeTexts.size >= MOST_CODE_TEXTS || !sources.spells(text)) return false;
    codeTexts.add(mark);
    return true;
  }

  object(object, depth, lookup, direct) {
    if (!this.tick()) return;
    if (types.isProxy(object)) {
      this.rest = add(this.rest, 3);
      return;
    }
    const { look } = this;
    if (!direct && (look.visited.has(object) || look.claimed(object))) return;
    look.visited.add(object);
    if (depth > DEEPEST) {
      look.leftOut++;
      return;
    }
    if (b.isArray(object)) this.array(object, depth, lookup);
    else if (types.isMap(object)) this.map(object, depth, lookup);
    else if (types.isSet(object)) this.set(object, depth, lookup);
    else if (types.isTypedArray(object)) this.typed(object, direct, lookup);
    else if (types.isAnyArrayBuffer(object)) this.buffer(object, direct, lookup);
    else if (types.isDate(object)) this.rest = add(this.rest, 4);
    else if (isPlain(object) || look.own(object)) this.members(object, depth, lookup);
    else if (types.isNativeError(object)) this.error(object);
    else this.foreign(object);
  }

  array(array, depth, lookup) {
    const length = b.descriptor(array, 'length').value;
    this.entries += length;
    if (length <= WHOLE) {
      this.elements(array, 0, length, depth, lookup);
    } else {
      this.elements(array, 0, EDGE, depth, lookup);
      this.elements(array, length - EDGE, length, depth, lookup);
      this.look.leftOut += length - 2 * EDGE;
    }
  }

  elements(array, from, to, depth, lookup) {
    for (let i = from; i < to; i++) {
      const element = b.descriptor(array, i);
      if (!this.tick()) return;
      if (element !== undefined && element.value !== undefined) this.value(element.value, depth + 1, lookup, false);
    }
  }

  map(map, depth, lookup) {
    const size = b.mapSize(map);
    this.steps += size;
    this.entries += size;
    const entries = b.mapEntries(map);
    for (let i = 0; i < size; i++) {
      const step = b.nextEntry(entries);
      if (step.done) return;
      if (!this.tick()) return;
      if (size > WHOLE && i >= EDGE && i < size - EDGE) {
        if (i === EDGE) this.look.leftOut += size - 2 * EDGE;
        continue;
      }
      const key = step.value[0];
      this.value(key, depth + 1, true, false);
      this.value(step.value[1], depth + 1, lookup || this.isLookup(key), false);
    }
  }

  // What stands in a set is looked up, like a key.
  set(set, depth) {
    const size = b.setSize(set);
    this.steps += size;
    this.entries += size;
    const values = b.setValues(set);
    for (let i = 0; i < size; i++) {
      const step = b.nextValue(values);
      if (step.done) return;
      if (!this.tick()) return;
      if (size > WHOLE && i >= EDGE && i < size - EDGE) {
        if (i === EDGE) this.look.leftOut += size - 2 * EDGE;
        continue;
      }
      this.value(step.value, depth + 1, true, false);
    }
  }

  isLookup(key) {
    return this.look.events !== null && this.look.events.holds(key);
  }

  typed(array, direct, lookup) {
    if (direct) this.entries += b.typedLength(array);
    const bytes = b.typedBytes(array);
    if (bytes > 0) this.bytes(b.typedBuffer(array), b.typedOffset(array), bytes, lookup);
  }

  buffer(buffer, direct, lookup) {
    if (types.isSharedArrayBuffer(buffer)) return;
    const bytes = b.bufferBytes(buffer);
    if (direct) this.entries += bytes;
    if (bytes > 0) this.bytes(buffer, 0, bytes, lookup);
  }

  bytes(buffer, offset, length, lookup) {
    let view;
    try {
      view = new b.Uint8Array(buffer, offset, length);
    } catch {
      return; // detached meanwhile
    }
    let mark = markOfNumber(length);
    const step = length <= 256 ? 1 : length / 256;
    let looked = 0;
    let read = 0; // of them, what people could read: buffers of zeros, samples and pictures are numbers
    for (let at = 0; at < length; at += step) {
      const byte = view[at | 0];
      mark = (mark * 33 + byte) % 0xfffffffffff;
      looked += 1;
      if ((byte >= 32 && byte <= 126) || byte === 10) read += 1;
    }
    if (read * 2 >= looked) this.texts = add(this.texts, mark);
    else this.rest = add(this.rest, mark);
    const brief = short(mark);
    const fresh = !this.crowded && (this.before === null || !this.before.has(brief));
    this.hold(brief);
    if (fresh && !lookup && this.look.events !== null) this.look.events.find(b.latin1(view, 0, b.min(length, MOST_BYTES)), this.holds);
  }

  error(error) {
    const message = b.descriptor(error, 'message');
    if (message !== undefined && typeof message.value === 'string') this.text(message.value, false);
  }

  // Members with names that the code writes are the object's form; others are entries, as in a dictionary.
  members(object, depth, lookup, skip) {
    const keys = b.keysOf(object);
    this.steps += 4 * keys.length; // V8 makes a list of a dictionary's keys, and sorts it
    const isDictionary = keys.length > MOST_FIELDS;
    for (let i = 0; i < keys.length; i++) {
      if (keys.length > WHOLE && i === EDGE) {
        i = keys.length - EDGE;
        this.entries += keys.length - 2 * EDGE;
        this.look.leftOut += keys.length - 2 * EDGE;
      }
      const key = keys[i];
      // To read `stack` may run the program's Error.prepareStackTrace.
      if (typeof key !== 'string' || key === 'stack' || (skip !== undefined && skip(key))) continue;
      if (!this.tick()) return;
      const member = b.descriptor(object, key);
      if (member === undefined) continue;
      if (isDictionary || !this.look.sources.knows(key)) {
        this.entries++;
        if (!looksLikeTime(key)) this.texts = add(this.texts, markOfText(key));
      }
      if (member.value !== undefined) this.value(member.value, depth + 1, lookup || this.isLookup(key), false);
    }
  }

  // Sizes only, of it and of what it holds directly.
  foreign(object) {
    const keys = b.keysOf(object);
    for (let i = 0; i < keys.length && i < 64; i++) {
      if (keys[i] === 'stack') continue;
      const member = b.descriptor(object, keys[i]);
      if (member !== undefined) this.size(member.value);
    }
  }

  size(value) {
    if (typeof value !== 'object' || value === null || types.isProxy(value)) return;
    if (b.isArray(value)) this.entries += b.descriptor(value, 'length').value;
    else if (types.isMap(value)) this.entries += b.mapSize(value);
    else if (types.isSet(value)) this.entries += b.setSize(value);
    else if (isPlain(value)) this.entries += b.keysOf(value).length;
  }
}

function isPlain(object) {
  const prototype = b.prototypeOf(object);
  if (prototype === null || prototype === b.objectPrototype) return true;
  return !types.isProxy(prototype) && b.prototypeOf(prototype) === null && b.descriptor(prototype, 'hasOwnProperty') !== undefined;
}

// Its own entries; all that were counted where it isn't known what is an entry.
function sizeOf(value, entries) {
  if (b.isArray(value)) return b.descriptor(value, 'length').value;
  if (types.isMap(value)) return b.mapSize(value);
  return types.isSet(value) ? b.setSize(value) : entries;
}

module.exports = { Look, Measure, MOST_FIELDS, Out, isPlain, looksLikeTime, sizeOf };
