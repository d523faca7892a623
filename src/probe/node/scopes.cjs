'use strict';
// The variables that functions keep: V8's inspector tells a function's scopes, in this process and at once, with no domain
// enabled. What it hands over are copies: fresh objects whose members are the variables as they are now.

const { apply, charCode, define, descriptor, keysOf, max, push, slice, startsWith, types } = require('./builtins.cjs');

const MOST_MEMBERS = 256; // of a function itself: each would be described to us
const GROUP = 'cleanslate';
const PLACE = '__cleanslate_scopes__';

// Why a program can't be looked at.
class Obstacle {
  constructor(reason) {
    this.reason = reason;
  }
}

class Scopes {
  constructor() {
    const { Session } = require('node:inspector');
    const session = new Session();
    session.connect();
    // Bound now, so that what is later done to prototypes doesn't matter.
    const { post, disconnect } = session;
    this.close = () => apply(disconnect, session, []);
    this.call = (name, parameters) => {
      let answer;
      let failure = null;
      apply(post, session, [name, parameters, (error, result) => {
        failure = error;
        answer = result;
      }]);
      if (failure !== null) throw failure;
      return answer;
    };
    this.desk = { __proto__: null, items: null, found: null };
    this.open();
  }

  // The desk on which objects change hands: known to the inspector by a name that is there for this moment only.
  open() {
    const before = descriptor(globalThis, PLACE);
    if (before !== undefined || !define(globalThis, PLACE, { value: this.desk, configurable: true })) {
      throw new Obstacle('the global object is frozen');
    }
    try {
      this.handle = this.call('Runtime.evaluate', { expression: PLACE, objectGroup: 'cleanslate-desk' }).result.objectId;
    } finally {
      delete globalThis[PLACE];
    }
    if (this.handle === undefined) throw new Obstacle('the inspector sees no objects');
    const taken = (...values) => {
      this.desk.found = values;
    };
    this.desk.take = taken;
    this.takeText = 'function(...values) { this.take(...values); }';
    this.itemsText = 'function() { return this.items; }';
  }

  // For each function (or object): { script, line, column, scopes: [{ kind, label, variables }], privates: [{ name,
  // value }] }, or null where nothing can be seen.
  inspect(items) {
    if (items.length === 0) return [];
    const { desk } = this;
    desk.items = { __proto__: null };
    for (let i = 0; i < items.length; i++) {
      if (hasFewMembers(items[i])) desk.items[`i${i}`] = items[i];
    }
    try {
      const table = this.call('Runtime.callFunctionOn', {
        objectId: this.handle, functionDeclaration: this.itemsText, objectGroup: GROUP,
      }).result.objectId;
      const { result } = this.call('Runtime.getProperties', { objectId: table, ownProperties: true });
      const seen = [];
      for (let i = 0; i < items.length; i++) push(seen, null);
      const wanted = [];
      for (let i = 0; i < result.length; i++) {
        const { name, value } = result[i];
        if (value === undefined || value.objectId === undefined) continue;
        seen[+slice(name, 1)] = this.describe(value.objectId, wanted);
      }
      this.fetch(wanted);
      return seen;
    } finally {
      desk.items = null;
      desk.found = null;
      this.call('Runtime.releaseObjectGroup', { objectGroup: GROUP });
    }
  }

  describe(objectId, wanted) {
    const answer = this.call('Runtime.getProperties', { objectId, ownProperties: true });
    const found = { script: '', line: -1, column: -1, scopes: [], privates: [] };
    const internals = answer.internalProperties ?? [];
    for (let i = 0; i < internals.length; i++) {
      const { name, value } = internals[i];
      if (name === '[[FunctionLocation]]') {
        found.script = value.value.scriptId;
        found.line = value.value.lineNumber;
        found.column = value.value.columnNumber;
      } else if (name === '[[Scopes]]') {
        this.list(value.objectId, found.scopes, wanted);
      }
    }
    const privates = answer.privateProperties ?? [];
    for (let i = 0; i < privates.length; i++) {
      const { name, value } = privates[i];
      if (value === undefined) continue; // an accessor
      const field = { name, value: value.value };
      push(found.privates, field);
      if (value.objectId !== undefined) push(wanted, { objectId: value.objectId, to: field, as: 'value', wrapped: false });
    }
    return found;
  }

  list(objectId, scopes, wanted) {
    const { result } = this.call('Runtime.getProperties', { objectId, ownProperties: true });
    for (let i = 0; i < result.length; i++) {
      const { name, value } = result[i];
      const digit = charCode(name, 0);
      if (!(digit >= 48 && digit <= 57) || value === undefined) continue;
      const text = value.description ?? '';
      const kind = startsWith(text, 'Module') ? 'Module' : startsWith(text, 'Closure') ? 'Closure' : startsWith(text, 'Block') ? 'Block' : '';
      if (kind === '') continue; // the global object, an object of `with`
      const label = startsWith(text, 'Closure (') ? slice(text, 9, max(text.length - 1, 9)) : '';
      const scope = { kind, label, variables: null };
      push(scopes, scope);
      push(wanted, { objectId: value.objectId, to: scope, as: 'variables', wrapped: true });
    }
  }

  // Takes what the inspector has only named.
  fetch(wanted) {
    if (wanted.length === 0) return;
    const parameters = [];
    for (let i = 0; i < wanted.length; i++) push(parameters, { objectId: wanted[i].objectId });
    this.call('Runtime.callFunctionOn', {
      objectId: this.handle, functionDeclaration: this.takeText, arguments: parameters, objectGroup: GROUP,
    });
    const { found } = this.desk;
    for (let i = 0; i < wanted.length; i++) {
      const { to, as, wrapped } = wanted[i];
      // A scope comes as { description, object }.
      to[as] = wrapped ? found[i].object ?? null : found[i];
    }
  }
}

// And none whose description would run code of the program's: of an error, the inspector asks for its stack.
function hasFewMembers(item) {
  if (types.isProxy(item)) return false;
  const keys = keysOf(item);
  if (keys.length > MOST_MEMBERS) return false;
  for (let i = 0; i < keys.length; i++) {
    if (keys[i] === 'stack') return false;
    const member = descriptor(item, keys[i]);
    if (member !== undefined && types.isNativeError(member.value)) return false;
  }
  return true;
}

module.exports = { Obstacle, Scopes };
