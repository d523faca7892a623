'use strict';
// What functions see: the variables of their module's top level, by any one of its functions; and what they keep besides,
// as "app.counter().hits".

const b = require('./builtins.cjs');
const { isName } = require('./event_values.cjs');
const { isObject } = require('./ownership.cjs');
const { Scopes } = require('./scopes.cjs');
const { Variables } = require('./variables.cjs');

const ROUNDS = 3; // functions that were found in functions
const A_ROUND = 16;
const A_LOOK = 1000; // variables of one scope

const isWrapper = (key) =>
  key === 'exports' || key === 'require' || key === 'module' || key === '__filename' || key === '__dirname' || key === 'this' || key === 'arguments';

class Functions extends Variables {
  constructor(sources) {
    super(sources);
    this.scopes = new Scopes();
    this.known = new b.OwnWeakMap(); // function -> 'plain', 'keeper', 'foreign'
    this.scripts = new b.OwnMap(); // V8's number of a script -> Source, or null
    this.units = new b.OwnMap(); // file -> Unit
  }

  // Asks for the scopes of the functions that have been found, and looks at what is in them.
  lookAtFunctions(unit) {
    this.lookAtConstants(unit);
    for (let round = 0; round < ROUNDS; round++) {
      const chosen = this.choose(unit);
      if (chosen.length === 0) return;
      if (round > 0 && this.current.isHalf) {
        this.leftOut += chosen.length; // the rest of the time is for what has been found
        return;
      }
      const items = [];
      for (let i = 0; i < chosen.length; i++) b.push(items, chosen[i].item);
      const seen = this.scopes.inspect(items);
      for (let i = 0; i < chosen.length; i++) this.lookInside(unit, chosen[i], seen[i]);
    }
  }

  choose(unit) {
    const chosen = [];
    if (!unit.hasScope && unit.representative !== null) {
      const item = unit.representative.deref();
      if (item !== undefined) b.push(chosen, { item, path: '', depth: 0 });
    }
    const found = unit.candidates;
    unit.candidates = [];
    const wants = !unit.hasScope && chosen.length === 0;
    for (let i = 0; i < found.length; i++) {
      const { item } = found[i];
      const known = this.known.get(item);
      const again = known === 'keeper' || typeof item === 'object';
      if (known === 'foreign' || (known === 'plain' && !wants)) continue;
      if (chosen.length >= A_ROUND && !again) this.leftOut++;
      else b.push(chosen, found[i]);
    }
    return chosen;
  }

  lookInside(unit, { item, path, depth }, seen) {
    if (seen === null) {
      if (path !== '') this.known.set(item, 'foreign');
      return;
    }
    for (let i = 0; i < seen.privates.length; i++) {
      const field = seen.privates[i];
      const names = this.openGroup(unit, `${path}.${field.name}`);
      const source = this.sources.holding(b.sourceOf(this.classOf(item) ?? item), -1) ?? unit.source;
      this.named(unit, `${path}.${field.name}`, field.name, field.value, 1, false, source);
      this.closeGroup(unit, `${path}.${field.name}`, names);
    }
    if (typeof item !== 'function') return;
    const home = this.home(unit, seen, item);
    const { scopes } = seen;
    let top = scopes.length - 1;
    if (home === null) {
      this.known.set(item, 'foreign');
      // A library's wrapper around a function of the program's: its handler, most often.
      if (depth < 2) this.follow(unit, path, scopes, depth);
      return;
    }
    const hasTop = top >= 0 && (scopes[top].kind === 'Module' || (scopes[top].kind === 'Closure' && scopes[top].label === ''));
    if (hasTop) {
      if (home === unit.source) {
        if (!unit.hasScope) this.lookAtScope(unit, item, scopes[top]);
      } else {
        this.lend(home, item);
      }
      top--;
    }
    if (path === '') return; // only there for the top level
    if (home !== unit.source) {
      this.known.set(item, 'plain');
      return;
    }
    const keeps = this.lookAtKept(unit, path, scopes, top);
    this.known.set(item, keeps ? 'keeper' : 'plain');
  }

  lookAtScope(unit, item, scope) {
    unit.hasScope = true;
    const current = unit.representative?.deref();
    if (current !== item) unit.representative = new b.OwnWeakRef(item);
    const names = this.openGroup(unit, 'scope');
    const imported = scope.kind === 'Module' ? unit.source.imports() : unit.source.required();
    this.lookAtVariables(unit, unit.name, scope.variables, imported);
    const isLarge = b.keysOf(scope.variables ?? {}).length > A_LOOK;
    this.closeGroup(unit, 'scope', names, isLarge);
    if (!isLarge) unit.constants = this.constantsOf(unit, scope.variables, imported);
  }

  lookAtConstants(unit) {
    if (unit.constants === null) return;
    const variables = { __proto__: null };
    for (let i = 0; i < unit.constants.length; i++) {
      const { key, ref, value: plain } = unit.constants[i];
      const item = ref === null ? plain : ref.deref();
      if (ref !== null && item === undefined) {
        unit.constants = null; // the module has gone, or is another
        return;
      }
      variables[key] = item;
    }
    unit.hasScope = true;
    const names = this.openGroup(unit, 'scope');
    this.lookAtVariables(unit, unit.name, variables, null);
    this.closeGroup(unit, 'scope', names);
  }

  constantsOf(unit, variables, except) {
    const found = [];
    const keys = variables === null ? [] : b.keysOf(variables);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (typeof key !== 'string' || except.has(key) || isWrapper(key)) continue;
      const item = b.descriptor(variables, key).value;
      if (item === undefined || !unit.source.isConstant(key)) return null;
      if (isObject(item)) b.push(found, { key, ref: new b.OwnWeakRef(item), value: undefined });
      else b.push(found, { key, ref: null, value: item });
    }
    return found;
  }

  lookAtVariables(unit, prefix, variables, except) {
    const keys = variables === null ? [] : b.keysOf(variables);
    const count = b.min(keys.length, A_LOOK);
    const began = keys.length > A_LOOK ? unit.scopeAt : 0; // a part in each look
    for (let i = 0; i < count; i++) {
      const key = keys[(began + i) % keys.length];
      if (typeof key !== 'string' || (except !== null && except.has(key)) || isWrapper(key)) continue;
      const member = b.descriptor(variables, key);
      if (member !== undefined) this.named(unit, `${prefix}.${key}`, key, member.value, 0, true);
    }
    if (keys.length <= A_LOOK) return;
    unit.scopeAt = (began + count) % keys.length;
    this.leftOut += keys.length - count;
  }

  // What a function keeps besides its module's variables. The same variables, found in several functions, are told once.
  lookAtKept(unit, path, scopes, top) {
    let keeps = false;
    for (let i = 0; i <= top; i++) {
      const { label, variables } = scopes[i];
      if (variables === null || b.keysOf(variables).length === 0) continue;
      keeps = true;
      const key = `${path}()${i}`;
      let prefix = unit.keepers.get(key);
      if (prefix === undefined) {
        if (this.isToldAlready(variables)) continue;
        const plain = label !== '' && isName(label) ? `${unit.name}.${label}()` : `${path}()`;
        prefix = this.isTaken(unit, plain, key) ? `${path}()` : plain;
        if (unit.keepers.size < 1024) unit.keepers.set(key, prefix);
      }
      const names = this.openGroup(unit, key);
      this.lookAtVariables(unit, prefix, variables, null);
      this.closeGroup(unit, key, names);
    }
    return keeps;
  }

  isToldAlready(variables) {
    const keys = b.keysOf(variables);
    for (let i = 0; i < keys.length; i++) {
      const member = b.descriptor(variables, keys[i]).value;
      if (typeof member === 'object' && member !== null && this.owner(member) !== undefined) return true;
    }
    return false;
  }

  isTaken(unit, prefix, key) {
    const entries = unit.keepers.entries();
    for (let step = b.nextEntry(entries); !step.done; step = b.nextEntry(entries)) {
      if (step.value[1] === prefix && step.value[0] !== key) return true;
    }
    return false;
  }

  follow(unit, path, scopes, depth) {
    for (let i = 0; i < scopes.length && i < 2; i++) {
      const { variables } = scopes[i];
      const keys = variables === null ? [] : b.keysOf(variables);
      for (let k = 0; k < keys.length && k < 64; k++) {
        const item = b.descriptor(variables, keys[k]).value;
        if (typeof item === 'function' && this.isFunctionOfOurs(item)) this.candidate(unit, path, item, depth + 1);
      }
    }
  }

  // Where the function is written; null: not in the program's own code.
  home(unit, seen, fn) {
    const known = this.scripts.get(seen.script);
    if (known !== undefined) return known;
    const text = b.sourceOf(fn);
    // V8 gives the place of a class's constructor, the text is all of it.
    const line = b.startsWith(text, 'class') ? -1 : seen.line;
    // The same text may stand in several files: most likely it is written where it was found.
    const here = unit.source.contains(text, line) ? unit.source : null;
    const source = here ?? this.sources.holding(text, line) ?? this.sources.holding(text, -1);
    if (this.scripts.size < 4096) this.scripts.set(seen.script, source);
    return source;
  }

  // Lets the module that a function comes from see its own top level by it.
  lend(source, item) {
    const units = this.units.values();
    for (let step = b.nextEntry(units); !step.done; step = b.nextEntry(units)) {
      const unit = step.value;
      if (unit.source !== source) continue;
      if (unit.representative === null || unit.representative.deref() === undefined) unit.representative = new b.OwnWeakRef(item);
      return;
    }
  }

  candidate(unit, path, item, depth) {
    if (unit.hasScope && this.known.get(item) === 'plain') return;
    if (unit.candidates !== undefined && unit.candidates !== null && unit.candidates.length < 1024) {
      b.push(unit.candidates, { item, path, depth });
    }
  }

  // What was nobody's may be written in what has been read now.
  forgetForeign() {
    this.known = new b.OwnWeakMap();
    this.scripts = new b.OwnMap();
  }
}

module.exports = { Functions };
