'use strict';
// What is the program's own: functions and classes that its sources contain. And whose an object is, where several
// variables lead to it: the first one's, for as long as that leads there.

const b = require('./builtins.cjs');
const { isName } = require('./event_values.cjs');
const { isPlain } = require('./measure.cjs');
const { value } = require('./modules.cjs');
const { Out } = require('./sources.cjs');

const MOST_MEMBERS = 256; // of one object, each with a name

const isObject = (item) => (typeof item === 'object' && item !== null) || typeof item === 'function';

class Ownership {
  constructor(sources) {
    this.sources = sources;
    this.count = 0; // looks
    this.memory = new b.OwnMap(); // name of a variable -> what was seen of it
    this.ours = new b.OwnWeakMap(); // function -> whether it is written in the program, and among how many files
    this.owners = new b.OwnWeakMap(); // object -> { name, look, number }: the variable that it was first found in
    this.objects = 0;
  }

  isFunctionOfOurs(fn) {
    if (b.types.isProxy(fn)) return false;
    const known = this.ours.get(fn);
    const files = this.sources.all.length;
    if (known !== undefined && (known.yes || known.files === files)) return known.yes;
    const yes = this.sources.holding(b.sourceOf(fn), -1) !== null;
    this.ours.set(fn, { yes, files });
    return yes;
  }

  classOf(object) {
    const prototype = b.prototypeOf(object);
    const constructor = value(prototype, 'constructor');
    return typeof constructor === 'function' && !b.types.isProxy(constructor) ? constructor : undefined;
  }

  isOwn(object) {
    const constructor = this.classOf(object);
    return constructor !== undefined && this.isFunctionOfOurs(constructor);
  }

  kindOf(object) {
    if (b.types.isProxy(object)) return 'Proxy';
    if (b.isArray(object)) return 'Array';
    if (isPlain(object)) return 'object';
    const constructor = this.classOf(object);
    const name = constructor === undefined ? undefined : value(constructor, 'name');
    return typeof name === 'string' && isName(name) ? name : 'object';
  }

  // Claims last until the variable has been looked at and did not lead there any more.
  owner(object) {
    const claim = this.owners.get(object);
    if (claim === undefined) return undefined;
    if (claim.look === this.count) return claim.name;
    const known = this.memory.get(claim.name);
    return known !== undefined && known.look <= claim.look ? claim.name : undefined;
  }

  isClaimed(object) {
    const owner = this.owner(object);
    return owner !== undefined && owner !== this.measuring;
  }

  // Returns the object's number: which one it is, as long as it lives.
  claim(object, name) {
    let claim = this.owners.get(object);
    if (claim === undefined) {
      claim = { name, look: this.count, number: ++this.objects };
      this.owners.set(object, claim);
    }
    claim.name = name;
    claim.look = this.count;
    return claim.number;
  }

  // What a module exports is its own before it is anybody's who imports it.
  claimExports(unit, { exports, namespace }) {
    const given = namespace ?? exports;
    if (!isObject(given)) {
      unit.constants = null;
    } else if (unit.exported?.deref() !== given) {
      unit.constants = null; // loaded anew
      unit.representative = null;
      unit.exported = new b.OwnWeakRef(given);
    }
    if (!unit.source || typeof exports !== 'object' || exports === null) return;
    try {
      this.claim(exports, this.nameOfExports(unit, exports));
    } catch (error) {
      if (!(error instanceof Out)) throw error; // there was no time to find its class
    }
  }

  // A plain object is the module itself, and so is an object of a class: its attributes are the module's variables.
  nameOfExports(unit, exports) {
    if (b.types.isProxy(exports)) return `${unit.name}.exports`;
    const isModule = isPlain(exports) ? b.keysOf(exports).length <= MOST_MEMBERS : !b.isArray(exports) && this.isOwn(exports);
    return isModule ? unit.name : `${unit.name}.exports`;
  }
}

module.exports = { MOST_MEMBERS, Ownership, isObject };
