'use strict';
// Variables by name: "app.cache", "lib/store.byUser", "app.session.history" for what an object has under a name that the
// code writes. Each is measured when all that has a name is known, and told where it differs from the look before.

const b = require('./builtins.cjs');
const { isName } = require('./event_values.cjs');
const { Measure, MOST_FIELDS, Out, isPlain, sizeOf } = require('./measure.cjs');
const { MOST_MEMBERS, Ownership } = require('./ownership.cjs');
const { LARGE } = require('./sources.cjs');
const { MOST_NAME } = require('./tell.cjs');
const registries = require('./registries.cjs');

const MOST_VARIABLES = 8192;
const MOST_CHANGED = 1024; // told in one look
const DEEPEST_NAME = 3;
const COSTLY = 10000; // steps: about 2 milliseconds
const MOST_TURNS = 16;

const isSame = (known, now) =>
  known.entries === now.entries && known.texts === now.texts && known.rest === now.rest && known.object === now.object &&
  known.kind === now.kind;

const isWord = (word) => isName(word) || (word[0] === '#' && isName(b.slice(word, 1)));



const isOfFunctions = (key) =>
  key === 'length' || key === 'name' || key === 'prototype' || key === 'arguments' || key === 'caller' || key === 'stack';

const isEmitters = (key) => key === '_events' || key === '_eventsCount' || key === '_maxListeners' || key === 'domain';

// What a look sets before it begins: `current`, what its measures share; `names`, those that were found; `missed`, those
// that were not; `seen`, what is told.
class Variables extends Ownership {
  // `top`: it stands at the top level, where a literal object is a set of variables.
  named(unit, name, word, item, depth, top, source = unit.source) {
    if (item === undefined || item === null || typeof item === 'symbol') return;
    if (typeof item === 'function') {
      this.function(unit, name, item, depth); // which may stand under a variable's name
      return;
    }
    if (this.names.has(name)) return;
    if (typeof item !== 'object') {
      this.variable(unit, name, word, item, typeof item, source, 0);
      return;
    }
    if (b.types.isModuleNamespaceObject(item)) return;
    const owner = this.owner(item);
    if (owner !== undefined && owner !== name) return;
    const number = this.claim(item, name);
    if (b.types.isProxy(item)) {
      this.variable(unit, name, word, item, 'Proxy', source, number);
      return;
    }
    this.listeners(unit, name, item);
    const own = !b.isArray(item) && !b.types.isMap(item) && !b.types.isSet(item) && this.isOwn(item);
    const isRecord = top && unit.source && isPlain(item) && unit.source.declaration(word).record;
    if (depth < DEEPEST_NAME && (own || isRecord)) {
      this.members(unit, name, word, item, depth, own, source, number);
    } else {
      this.variable(unit, name, word, item, this.kindOf(item), source, number);
      if (isPlain(item)) this.methods(unit, name, item);
    }
  }

  // An object whose members have names of their own; those that the code doesn't write are its entries.
  members(unit, name, word, item, depth, own, source, number) {
    const keys = b.keysOf(item);
    if (keys.length > MOST_MEMBERS) {
      this.variable(unit, name, word, item, this.kindOf(item), source, number);
      return;
    }
    const home = own ? (this.sources.holding(b.sourceOf(this.classOf(item)), -1) ?? source) : source;
    const isNamed = (key) => isEmitters(key) || (isName(key) && this.sources.knows(key));
    let others = 0;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (typeof key !== 'string' || key === 'stack' || isEmitters(key)) continue;
      if (!isNamed(key)) {
        others++;
        continue;
      }
      const member = b.descriptor(item, key);
      if (member.value !== undefined) this.named(unit, `${name}.${key}`, key, member.value, depth + 1, false, home);
    }
    if (others > 0) {
      this.variable(unit, name, word, item, this.kindOf(item), source, number, isNamed);
    } else {
      this.names.add(name);
    }
    if (own && b.includes(b.sourceOf(this.classOf(item)), '#')) this.candidate(unit, name, item, 0);
  }

  // The functions of an object may keep variables, as those of a module pattern do.
  methods(unit, name, item) {
    const known = this.memory.get(name);
    if (known !== undefined && known.entries > MOST_FIELDS) return;
    const keys = b.keysOf(item);
    if (keys.length > MOST_FIELDS) return;
    for (let i = 0; i < keys.length; i++) {
      const member = keys[i] === 'stack' ? undefined : b.descriptor(item, keys[i])?.value;
      if (typeof member !== 'function' || typeof keys[i] !== 'string' || !this.sources.knows(keys[i])) continue;
      if (!b.types.isProxy(member)) this.candidate(unit, `${name}.${keys[i]}`, member, 0);
    }
  }

  function(unit, name, fn, depth) {
    if (b.types.isProxy(fn)) return;
    this.candidate(unit, name, fn, 0);
    if (depth > 1) return;
    const keys = b.keysOf(fn);
    let others = 0;
    for (let i = 0; i < keys.length && i < MOST_MEMBERS; i++) {
      if (typeof keys[i] === 'string' && !isOfFunctions(keys[i])) others++;
    }
    if (others === 0 || !this.isFunctionOfOurs(fn)) return;
    for (let i = 0; i < keys.length && i < MOST_MEMBERS; i++) {
      const key = keys[i];
      if (typeof key !== 'string' || isOfFunctions(key)) continue;
      const member = b.descriptor(fn, key);
      if (member.value !== undefined && isName(key) && this.sources.knows(key)) {
        this.named(unit, `${name}.${key}`, key, member.value, depth + 1, false);
      }
    }
  }

  listeners(unit, name, item) {
    registries.eachListened(item, (event, count) =>
      this.registry(unit, `${name}.on(${event})`, 'listeners', count, unit.source, event));
  }

  // `line`: where that is known already.
  registry(unit, name, kind, entries, source, word, line = 0) {
    if (this.names.has(name) || name.length > MOST_NAME) return;
    this.names.add(name);
    this.touched?.add(name);
    this.note(unit, name, word, { kind, size: entries, entries, line, texts: 0, rest: 0, object: 0, holds: [], held: null, crowded: false, large: false, cost: 0 }, 'registry', source);
  }

  variable(unit, name, word, item, kind, source, object, isNamed) {
    if (name.length > MOST_NAME) {
      this.leftOut++;
      return;
    }
    this.names.add(name);
    this.touched?.add(name);
    b.push(unit.queue, { name, word, item, kind, source, object, isNamed });
  }

  // Only when all that has a name is known: what one name stands for is no part of another's.
  measureAll(unit) {
    const { queue } = unit;
    const began = unit.done < queue.length ? unit.done : 0;
    for (let i = 0; i < queue.length; i++) {
      const at = (began + i) % queue.length;
      const alone = unit.done === at && unit.isStuck;
      try {
        this.measure(unit, queue[at], alone);
      } catch (error) {
        if (!(error instanceof Out)) throw error;
        // Goes on there at the next look. What takes more than a whole look's time is only counted from then on.
        unit.isStuck = i === 0;
        unit.done = at;
        this.leftOut += queue.length - i;
        throw error;
      }
    }
  }

  measure(unit, { name, word, item, kind, source, object, isNamed }, alone) {
    const known = this.memory.get(name);
    // What takes long has its turn less often.
    if (known !== undefined && this.count - known.look < b.min(known.cost / COSTLY, MOST_TURNS)) {
      this.leftOut++;
      return;
    }
    const measure = new Measure(this.current, known === undefined ? null : known.held, known !== undefined && known.crowded);
    const large = alone || (known !== undefined && known.large);
    this.measuring = name;
    if (large) {
      measure.size(item);
      this.leftOut++;
    } else if (isNamed !== undefined) {
      measure.members(item, 0, false, isNamed);
    } else {
      measure.root(item);
    }
    const { entries, texts, rest, holds, held, overflow: crowded } = measure;
    const size = isNamed === undefined ? sizeOf(item, entries) : entries;
    const cost = measure.nodes + measure.steps;
    this.note(unit, name, word, { kind, size, entries, texts, rest, object, holds, held, crowded, large, cost }, 'variable', source);
  }

  note(unit, name, word, now, role, source) {
    const known = this.memory.get(name);
    if (known === undefined) {
      if (this.memory.size >= MOST_VARIABLES) {
        this.leftOut++;
        return;
      }
      const home = this.homeOf(source, word, role);
      now.file = home ? home.file : '';
      if (!now.line) now.line = home ? this.lineOf(home, word, role) : 0;
      now.bound = 'none'; // asked for when it changes
    } else {
      now.file = known.file;
      now.line = known.line;
    }
    const before = known === undefined ? unit.looked : known.look;
    now.look = this.count;
    if (known !== undefined && isSame(known, now)) {
      known.look = this.count;
      known.cost = now.cost;
      if (known.held === null || now.held === null || known.held.size !== now.held.size) known.held = now.held;
      return;
    }
    if (this.seen.length >= MOST_CHANGED) {
      this.leftOut++; // it differs at the next look too
      if (known !== undefined) known.look = this.count;
      return;
    }
    if (known !== undefined) {
      now.asked = known.asked === true && known.kind === now.kind;
      now.bound = now.asked ? known.bound : this.boundOf(source, word, now);
    }
    this.memory.set(name, now);
    b.push(this.seen, { name, role, before, now });
  }

  // The source that declares it: that of a class, or of what the class extends.
  homeOf(source, word, role) {
    if (!source || role === 'registry' || !isWord(word)) return source;
    return this.sources.declaring(source, word);
  }

  lineOf(source, word, role) {
    if (!isWord(word)) return 0;
    return role === 'registry' ? source.listening(word).line : source.declaration(word).line;
  }

  boundOf(source, word, now) {
    const { kind } = now;
    if (b.exec(/LRU|Lru/, kind) !== null) return 'fixed';
    if (!source || word === '' || !(kind === 'Map' || kind === 'Set' || kind === 'Array' || kind === 'object')) return 'none';
    if (source.text.length > LARGE && this.questions++ > 2) return 'none'; // at its next change
    now.asked = true;
    return source.evicts(word) ? 'evicts' : 'none';
  }

  openGroup() {
    const names = new b.OwnSet();
    names.outer = this.touched ?? null;
    this.touched = names;
    return names;
  }

  // `isPart`: the others are only not seen this time.
  closeGroup(unit, key, names, isPart = false) {
    const before = unit.groups.get(key);
    if (before !== undefined) {
      const each = before.keys();
      for (let step = b.nextValue(each); !step.done; step = b.nextValue(each)) {
        if (names.has(step.value)) continue;
        if (isPart) names.add(step.value);
        else b.push(this.missed, step.value);
      }
    }
    if (this.touched === names) this.touched = names.outer;
    names.outer = null;
    if (names.size > 0) unit.groups.set(key, names);
    else unit.groups.delete(key);
  }

  // Not where it was, nor anywhere else.
  dropMissed() {
    for (let i = 0; i < this.missed.length; i++) {
      const name = this.missed[i];
      const known = this.memory.get(name);
      if (known === undefined || this.names.has(name)) continue;
      this.memory.delete(name);
      b.push(this.gone, { name, before: known.look });
    }
  }
}

module.exports = { Variables };
