'use strict';
// One look at the program's variables, module by module, as long as its time lasts; the next one goes on there. Between
// looks there are numbers, names, and weak references to functions: nothing of the program's is kept alive.

const b = require('./builtins.cjs');
const { EventValues, isName } = require('./event_values.cjs');
const { Functions } = require('./functions.cjs');
const { Look, Out, isPlain } = require('./measure.cjs');
const { Modules, value } = require('./modules.cjs');
const { MOST_MEMBERS } = require('./ownership.cjs');
const { Sources } = require('./sources.cjs');
const { Timers } = require('./timers.cjs');
const { Unit } = require('./unit.cjs');
const registries = require('./registries.cjs');

const MOST_UNITS = 256;
// Milliseconds of work. By the clock, a look ends when half of a boundary's budget is used; the first, with all of it.
const LIMITS = { first: 25, usual: 15 };
const LONGEST_WAIT = 10; // looks that a unit waits for its turn, before looks get longer

class Probe extends Functions {
  // `events`: () => texts of the window's events.
  constructor({ roots, events, budget, limits = LIMITS }) {
    super(new Sources(roots));
    this.modules = new Modules(this.sources, this.scopes);
    this.timers = new Timers(this.scopes);
    this.events = events;
    this.budget = budget;
    this.limits = limits;
    this.codeTexts = new b.OwnSet();
    this.broken = 0; // units at which a look failed
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
    this.questions = 0;
    const events = this.eventValues();
    const files = this.sources.all.length;
    const units = this.order(this.modules.loaded(MOST_UNITS));
    if (this.sources.all.length !== files) this.forgetForeign();
    this.sources.readAll();
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
      this.takeHints(request);
      this.lookAtRegistries();
      let late = false;
      for (let i = 0; i < units.length; i++) {
        if (late || this.current.late) {
          this.leftOut++;
          continue;
        }
        late = !this.lookAt(units[i].unit, units[i].module);
      }
    } catch (error) {
      if (!(error instanceof Out)) throw error;
      this.leftOut++;
    }
    try {
      this.dropMissed();
      return { seen: this.seen, gone: this.gone, watched: this.memory.size, leftOut: this.leftOut + this.current.leftOut };
    } finally {
      this.current = null;
      this.names = null;
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

  lookAtRegistries() {
    const unit = this.registered;
    unit.queue = [];
    const names = this.openGroup(unit, '');
    const count = (name, kind, entries) =>
      this.registry(unit, name, kind, entries, null, '');
    registries.eachListened(process, (event, listeners) => count(`process.on(${event})`, 'listeners', listeners));
    const knowsTimers = this.lookAtTimers(unit);
    const resources = registries.activeResources();
    for (let i = 0; i < resources.length; i++) {
      if (knowsTimers && resources[i][0] === 'Timeout') continue;
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

  // By the function that they will call, where that is the program's own; intervals of others by their number.
  lookAtTimers(unit) {
    const found = new b.OwnMap();
    const knows = this.timers.each((callback, kind) => {
      const text = this.isFunctionOfOurs(callback) ? b.sourceOf(callback) : '';
      if (text === '' && kind !== 'setInterval') return;
      const key = `${kind} ${text}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { kind, text, callback, count: 1 });
      else known.count++;
    });
    const entries = found.entries();
    for (let step = b.nextEntry(entries); !step.done; step = b.nextEntry(entries)) {
      const { kind, text, callback, count } = step.value[1];
      const source = text === '' ? null : this.sources.holding(text, -1);
      const line = source === null ? 0 : source.lineOfText(text);
      const own = value(callback, 'name');
      const inside = typeof own === 'string' && isName(own) ? own : line > 0 ? `line ${line}` : '';
      const name = source === null ? `${kind}()` : `${source.name}.${kind}(${inside})`;
      this.registry(unit, name, 'timers', count, source, '', line);
    }
    return knows;
  }

  // false: the time is over.
  lookAt(unit, module) {
    if (unit.source === undefined) this.open(unit);
    if (unit.source === undefined) return true; // there was no time to read it
    if (unit.source !== null && !this.sources.isReady(unit.source)) return true;
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
      this.broken++;
      return true;
    } finally {
      unit.candidates = null;
      unit.queue = null;
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
      if (typeof member.get === 'function') {
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
}

module.exports = { Probe };
