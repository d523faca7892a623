'use strict';
// One look at the program's variables, and what is remembered of each from the look before: numbers, and weak references
// to functions. Nothing of the program's is kept alive.
//
// A unit is a module of the program's own. Its variables come in groups, each of which is seen whole or not at all: what it
// exports, what stands at its top level, what each of its functions keeps. Names: "app.cache", "lib/store.byUser",
// "app.session.history" for what an object has under a name that the code writes, "app.counter().hits" for what a
// function keeps.

const b = require('./builtins.cjs');
const { EventValues, isName } = require('./event_values.cjs');
const { Look, Measure, MOST_FIELDS, Out, isPlain } = require('./measure.cjs');
const { Modules, value } = require('./modules.cjs');
const { Scopes } = require('./scopes.cjs');
const { Sources } = require('./sources.cjs');
const { MOST_NAME } = require('./tell.cjs');
const registries = require('./registries.cjs');

const MOST_UNITS = 256;
const MOST_VARIABLES = 8192;
const MOST_CHANGED = 1024; // told in one look
const MOST_MEMBERS = 256; // of one object, each with a name
const DEEPEST_NAME = 3;
const ROUNDS = 3; // functions that were found in functions
const A_ROUND = 16;
// Milliseconds of work. By the clock, a look ends when half of a boundary's budget is used; the first, with all of it.
const LIMITS = { first: 25, usual: 15 };
const COSTLY = 10000; // steps: about 2 milliseconds
const MOST_TURNS = 16;
const LONGEST_WAIT = 10; // looks that a unit waits for its turn, before looks get longer

class Unit {
  constructor(file) {
    this.file = file;
    this.source = undefined; // not read yet
    this.name = '';
    this.looked = 0;
    this.done = 0; // of its variables, where the look before ended early
    this.isStuck = false;
    this.isBroken = false;
    this.representative = null; // a weak reference to a function that sees the top level
    this.exported = null; // a weak reference to what `require` or `import` gives
    this.constants = null; // [{ key, ref, value }], where the top level has nothing else: it need not be asked for again
    this.groups = new b.OwnMap(); // key -> names seen
    this.keepers = new b.OwnMap(); // path of a function that keeps variables -> what its variables' names begin with
  }
}

class Probe {
  // `events`: () => texts of the window's events.
  constructor({ roots, events, budget, limits = LIMITS }) {
    this.sources = new Sources(roots);
    this.scopes = new Scopes();
    this.modules = new Modules(this.sources, this.scopes);
    this.events = events;
    this.budget = budget;
    this.limits = limits;
    this.count = 0;
    this.units = new b.OwnMap();
    this.memory = new b.OwnMap(); // name -> what was seen
    this.known = new b.OwnWeakMap(); // function -> 'plain', 'keeper', 'foreign'
    this.ours = new b.OwnWeakMap(); // function -> whether it is written in the program, and among how many files
    this.owners = new b.OwnWeakMap(); // object -> { name, look, number }: the variable that it was first found in
    this.objects = 0;
    this.scripts = new b.OwnMap(); // V8's number of a script -> Source, or null
    this.codeTexts = new b.OwnSet();
    this.registered = new Unit('');
    this.registered.source = null;
  }

  close() {
    this.scopes.close();
  }

  // Tells everything anew at the next look.
  forget() {
    this.memory = new b.OwnMap();
    this.units = new b.OwnMap();
    this.registered.groups = new b.OwnMap();
  }

  // { seen, gone, watched, leftOut }. `request`: that of a client written in JavaScript.
  look(request) {
    const began = b.now();
    this.count++;
    this.sources.begin();
    this.seen = [];
    this.gone = [];
    this.missed = [];
    this.names = new b.OwnSet();
    this.leftOut = 0;
    const events = this.eventValues();
    const files = this.sources.all.length;
    const units = this.order(this.modules.loaded(MOST_UNITS));
    if (this.sources.all.length !== files) this.forgetForeign();
    this.takeHints(request);
    const isFirst = this.count === 1;
    this.current = new Look({
      sources: this.sources,
      events,
      deadline: began + (isFirst ? this.budget : this.budget / 2),
      work: isFirst ? this.limits.first : this.slice(units),
      own: (object) => this.isOwn(object),
      codeTexts: this.codeTexts,
    });
    this.current.claimed = (object) => this.isClaimed(object);
    try {
      this.lookAtRegistries();
      let late = false;
      for (let i = 0; i < units.length; i++) {
        if (late || this.current.late) {
          this.leftOut++;
          continue;
        }
        late = !this.lookAt(units[i].unit, units[i].module);
      }
      this.dropMissed();
      return { seen: this.seen, gone: this.gone, watched: this.memory.size, leftOut: this.leftOut + this.current.leftOut };
    } finally {
      this.current = null;
      this.names = null;
    }
  }

  // What was nobody's may be written in what has been read now.
  forgetForeign() {
    this.known = new b.OwnWeakMap();
    this.scripts = new b.OwnMap();
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

  eventValues() {
    const texts = this.events();
    if (texts.length === 0) return null;
    const values = new EventValues();
    for (let i = 0; i < texts.length; i++) values.add(texts[i]);
    return values.empty ? null : values;
  }

  // A program's main file may export nothing: functions that it has given to others show its variables.
  takeHints(request) {
    const emitters = [value(request, '_events'), value(process, '_events')];
    for (let i = 0; i < emitters.length; i++) {
      const keys = typeof emitters[i] === 'object' && emitters[i] !== null ? b.keysOf(emitters[i]) : [];
      for (let k = 0; k < keys.length && k < 32; k++) {
        const listener = value(emitters[i], keys[k]);
        const item = value(listener, 'listener') ?? listener;
        if (typeof item !== 'function' || !this.isFunctionOfOurs(item)) continue;
        this.lend(this.sources.holding(b.sourceOf(item), -1), item);
      }
    }
  }

  // Those that have waited longest first; among equals those whose path is short.
  order(modules) {
    const units = [];
    const alive = new b.OwnSet();
    for (let i = 0; i < modules.length; i++) {
      const { file } = modules[i];
      alive.add(file);
      let unit = this.units.get(file);
      if (unit === undefined) {
        unit = new Unit(file);
        this.units.set(file, unit);
      }
      if (unit.source === undefined) this.open(unit);
      this.claimExports(unit, modules[i]);
      b.push(units, { unit, module: modules[i] });
    }
    this.dropUnits(alive);
    return b.sort(units, (x, y) =>
      x.unit.looked - y.unit.looked || x.unit.file.length - y.unit.file.length || (x.unit.file < y.unit.file ? -1 : 1));
  }

  open(unit) {
    unit.source = this.sources.of(unit.file);
    if (unit.source) unit.name = unit.source.name;
  }

  dropUnits(alive) {
    const files = this.units.keys();
    for (let step = b.nextEntry(files); !step.done; step = b.nextEntry(files)) {
      if (alive.has(step.value)) continue;
      const unit = this.units.get(step.value);
      const keys = unit.groups.keys();
      for (let key = b.nextEntry(keys); !key.done; key = b.nextEntry(keys)) this.closeGroup(unit, key.value, new b.OwnSet());
      this.units.delete(step.value);
    }
  }

  // Milliseconds. More when a unit has waited for long.
  slice(units) {
    const waited = units.length === 0 ? 0 : this.count - units[0].unit.looked;
    return this.limits.usual * (1 + b.max(0, waited - LONGEST_WAIT));
  }

  // ---- whose is it

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
    if (unit.source && typeof exports === 'object' && exports !== null) this.claim(exports, this.nameOfExports(unit, exports));
  }

  // A plain object is the module itself, and so is an object of a class: its attributes are the module's variables.
  nameOfExports(unit, exports) {
    if (b.types.isProxy(exports)) return `${unit.name}.exports`;
    const isModule = isPlain(exports) ? b.keysOf(exports).length <= MOST_MEMBERS : !b.isArray(exports) && this.isOwn(exports);
    return isModule ? unit.name : `${unit.name}.exports`;
  }

  // ---- units

  lookAtRegistries() {
    const unit = this.registered;
    unit.queue = [];
    const names = this.openGroup(unit, '');
    const count = (name, kind, entries) =>
      this.registry(unit, name, kind, entries, null, '');
    registries.eachListened(process, (event, listeners) => count(`process.on(${event})`, 'listeners', listeners));
    const resources = registries.activeResources();
    for (let i = 0; i < resources.length; i++) {
      if (isName(resources[i][0])) count(`resources.${resources[i][0]}`, 'resources', resources[i][1]);
    }
    if (this.modules.required > 0) count('require.cache', 'modules', this.modules.required);
    if (this.modules.imported > 0) count('import.cache', 'modules', this.modules.imported);
    let others = 0;
    try {
      registries.eachNewGlobal((key) => {
        const member = b.descriptor(globalThis, key);
        if (member === undefined || member.value === undefined) return;
        if (isName(key) && this.sources.knows(key)) this.named(unit, `globalThis.${key}`, key, member.value, 0, false);
        else others++;
      });
      if (others > 0) count('globalThis', 'object', others);
      this.closeGroup(unit, '', names);
      this.measureAll(unit);
    } catch (error) {
      if (!(error instanceof Out)) throw error;
    }
  }

  // false: the time is over.
  lookAt(unit, module) {
    if (unit.source === undefined) this.open(unit);
    if (unit.source === undefined) return true; // there was no time to read it
    if (unit.source === null) {
      unit.looked = this.count;
      return true;
    }
    if (unit.isBroken) {
      this.leftOut++;
      return true;
    }
    this.touched = null;
    unit.candidates = [];
    unit.queue = [];
    unit.hasScope = false;
    try {
      this.lookAtExports(unit, module);
      this.lookAtFunctions(unit);
      this.measureAll(unit);
      unit.done = 0;
      unit.isStuck = false;
      unit.looked = this.count;
      return true;
    } catch (error) {
      if (error instanceof Out) return false;
      unit.isBroken = true; // the others are looked at all the same
      return true;
    } finally {
      unit.candidates = null;
      unit.queue = null;
    }
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

  lookAtExports(unit, { exports, namespace }) {
    const names = this.openGroup(unit, 'exports');
    if (namespace !== undefined) {
      this.lookAtMembers(unit, namespace);
    } else if (typeof exports === 'function') {
      this.function(unit, this.nameOfFunction(unit, exports), exports, 0);
    } else if (typeof exports === 'object' && exports !== null) {
      const name = this.nameOfExports(unit, exports);
      if (name === unit.name && isPlain(exports)) this.lookAtMembers(unit, exports);
      else this.named(unit, name, name === unit.name ? '' : 'exports', exports, 0, false);
    }
    this.closeGroup(unit, 'exports', names);
  }

  lookAtMembers(unit, object) {
    const keys = b.keysOf(object);
    for (let i = 0; i < keys.length && i < MOST_MEMBERS; i++) {
      const key = keys[i];
      if (typeof key !== 'string' || key === 'stack' || key === 'module.exports') continue;
      let member;
      try {
        member = b.descriptor(object, key);
      } catch {
        continue; // a binding that isn't initialised
      }
      if (member === undefined) continue;
      if (typeof member.get === 'function' && this.isFunctionOfOurs(member.get)) {
        this.candidate(unit, `${unit.name}.${key}`, member.get, 0); // as bundlers write exports
      } else if (member.value !== undefined && (key === 'default' || (isName(key) && this.sources.knows(key)))) {
        this.named(unit, `${unit.name}.${key}`, key, member.value, 0, true);
      }
    }
  }

  nameOfFunction(unit, fn) {
    const name = b.types.isProxy(fn) ? undefined : value(fn, 'name');
    return typeof name === 'string' && isName(name) && this.sources.knows(name) ? `${unit.name}.${name}` : `${unit.name}.exports`;
  }

  // Asks for the scopes of the functions that have been found, and looks at what is in them.
  lookAtFunctions(unit) {
    this.lookAtConstants(unit);
    for (let round = 0; round < ROUNDS; round++) {
      const chosen = this.choose(unit);
      if (chosen.length === 0) return;
      if (this.current.late) throw new Out();
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
    this.closeGroup(unit, 'scope', names);
    unit.constants = this.constantsOf(unit, scope.variables, imported);
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
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (typeof key !== 'string' || (except !== null && except.has(key)) || isWrapper(key)) continue;
      const member = b.descriptor(variables, key);
      if (member !== undefined) this.named(unit, `${prefix}.${key}`, key, member.value, 0, true);
    }
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
    if (unit.candidates !== undefined && unit.candidates !== null && unit.candidates.length < 1024) {
      b.push(unit.candidates, { item, path, depth });
    }
  }

  // ---- variables

  function(unit, name, fn, depth) {
    if (b.types.isProxy(fn)) return;
    this.candidate(unit, name, fn, 0);
    if (depth > 1 || !this.isFunctionOfOurs(fn)) return;
    const keys = b.keysOf(fn);
    for (let i = 0; i < keys.length && i < MOST_MEMBERS; i++) {
      const key = keys[i];
      if (typeof key !== 'string' || isOfFunctions(key)) continue;
      const member = b.descriptor(fn, key);
      if (member.value !== undefined && isName(key) && this.sources.knows(key)) {
        this.named(unit, `${name}.${key}`, key, member.value, depth + 1, false);
      }
    }
  }

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

  // The functions of an object may keep variables, as those of a module pattern do.
  methods(unit, name, item) {
    const known = this.memory.get(name);
    if (known !== undefined && known.entries > MOST_FIELDS) return;
    const keys = b.keysOf(item);
    if (keys.length > MOST_FIELDS) return;
    for (let i = 0; i < keys.length; i++) {
      const member = keys[i] === 'stack' ? undefined : b.descriptor(item, keys[i])?.value;
      if (typeof member !== 'function' || typeof keys[i] !== 'string' || !this.sources.knows(keys[i])) continue;
      if (!b.types.isProxy(member) && this.isFunctionOfOurs(member)) this.candidate(unit, `${name}.${keys[i]}`, member, 0);
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

  listeners(unit, name, item) {
    registries.eachListened(item, (event, count) =>
      this.registry(unit, `${name}.on(${event})`, 'listeners', count, unit.source, event));
  }

  registry(unit, name, kind, entries, source, word) {
    if (this.names.has(name) || name.length > MOST_NAME) return;
    this.names.add(name);
    this.touched?.add(name);
    this.note(unit, name, word, { kind, entries, texts: 0, rest: 0, object: 0, holds: [], held: null, crowded: false, large: false, cost: 0 }, 'registry', source);
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
    const cost = measure.nodes + measure.steps;
    this.note(unit, name, word, { kind, entries, texts, rest, object, holds, held, crowded, large, cost }, 'variable', source);
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
      now.line = home ? this.lineOf(home, word, role) : 0;
      now.bound = this.boundOf(source, word, now.kind);
    } else {
      now.file = known.file;
      now.line = known.line;
      now.bound = known.kind === now.kind ? known.bound : this.boundOf(source, word, now.kind);
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

  boundOf(source, word, kind) {
    if (b.exec(/lru/i, kind) !== null) return 'fixed';
    if (!source || word === '' || !(kind === 'Map' || kind === 'Set' || kind === 'Array' || kind === 'object')) return 'none';
    return source.evicts(word) ? 'evicts' : 'none';
  }

  // ---- groups

  openGroup() {
    const names = new b.OwnSet();
    names.outer = this.touched ?? null;
    this.touched = names;
    return names;
  }

  closeGroup(unit, key, names) {
    const before = unit.groups.get(key);
    if (before !== undefined) {
      const each = before.keys();
      for (let step = b.nextValue(each); !step.done; step = b.nextValue(each)) {
        if (!names.has(step.value)) b.push(this.missed, step.value);
      }
    }
    if (this.touched === names) this.touched = names.outer;
    names.outer = null;
    if (names.size > 0) unit.groups.set(key, names);
    else unit.groups.delete(key);
  }
}

const isSame = (known, now) =>
  known.entries === now.entries && known.texts === now.texts && known.rest === now.rest && known.object === now.object &&
  known.kind === now.kind;

const isWord = (word) => isName(word) || (word[0] === '#' && isName(b.slice(word, 1)));

const isObject = (item) => (typeof item === 'object' && item !== null) || typeof item === 'function';

const isWrapper = (key) =>
  key === 'exports' || key === 'require' || key === 'module' || key === '__filename' || key === '__dirname' || key === 'this' || key === 'arguments';

const isOfFunctions = (key) =>
  key === 'length' || key === 'name' || key === 'prototype' || key === 'arguments' || key === 'caller' || key === 'stack';

const isEmitters = (key) => key === '_events' || key === '_eventsCount' || key === '_maxListeners' || key === 'domain';

module.exports = { Probe, MOST_FIELDS };
