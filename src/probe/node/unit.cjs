'use strict';
// A module of the program's own, as it is remembered from look to look. Its variables come in groups, each of which is
// seen whole or not at all: what it exports, what stands at its top level, what each of its functions keeps.

const { OwnMap } = require('./builtins.cjs');

class Unit {
  constructor(file) {
    this.file = file;
    this.source = undefined; // not read yet
    this.name = '';
    this.looked = 0;
    this.done = 0; // of its variables, where the look before ended early
    this.scopeAt = 0; // the first of its variables that is looked at next, where they are too many for one look
    this.isStuck = false;
    this.isBroken = false;
    this.representative = null; // a weak reference to a function that sees the top level
    this.exported = null; // a weak reference to what `require` or `import` gives
    this.constants = null; // [{ key, ref, value }], where the top level has nothing else: it need not be asked for again
    this.groups = new OwnMap(); // key -> names seen
    this.keepers = new OwnMap(); // path of a function that keeps variables -> what its variables' names begin with
  }
}

module.exports = { Unit };
