'use strict';
// From the rendezvous to the native half: loads the addon when it is first needed, looks, and tells what has changed.

const b = require('./builtins.cjs');
const { Probe } = require('./look.cjs');
const { Obstacle } = require('./scopes.cjs');
const { tell } = require('./tell.cjs');
const workers = require('./workers.cjs');

const { dlopen } = process;

class Session {
  constructor(library, roots) {
    this.library = library;
    this.roots = roots;
    this.state = 'new'; // then 'looking', or 'off'
    workers.count();
  }

  look(request) {
    if (this.state === 'off') return;
    try {
      if (this.state === 'new') this.open();
      if (this.state === 'looking') this.lookNow(request);
    } catch (error) {
      this.turnOff(error instanceof Obstacle ? error.reason : 'a look failed');
    }
  }

  open() {
    this.state = 'off';
    const addon = { exports: {} };
    b.apply(dlopen, process, [addon, this.library]);
    const native = addon.exports;
    if (typeof native.report !== 'function') return;
    const { watching, budget } = native.settings();
    if (!watching) return;
    this.native = native;
    if (!process.features.inspector) {
      this.turnOff('this Node has no inspector');
      return;
    }
    this.budget = budget;
    this.state = 'looking';
  }

  // What may come to be while the program runs.
  hindrance() {
    if (require('node:inspector').url() !== undefined) return 'a debugger may be attached';
    // Node would ask it for what it tells its inspector.
    if (b.descriptor(b.objectPrototype, 'toJSON') !== undefined) return 'Object.prototype has a toJSON';
    return '';
  }

  lookNow(request) {
    const reason = this.hindrance();
    if (reason !== '') {
      this.turnOff(reason);
      return;
    }
    const { native } = this;
    native.enter();
    try {
      this.probe ??= new Probe({ roots: this.roots, events: () => native.events(), budget: this.budget });
      const began = b.now();
      const found = this.probe.look(request);
      found.took = b.now() - began;
      if (!native.report(tell(this.probe.count, found, workers.running(), ''))) this.probe.forget();
    } finally {
      native.leave();
    }
  }

  turnOff(reason) {
    this.state = 'off';
    const look = (this.probe?.count ?? 0) + 1;
    try {
      this.probe?.close();
      this.probe = undefined;
      this.native?.report(tell(look, { seen: [], gone: [], watched: 0, leftOut: 0, took: 0 }, workers.running(), reason));
    } catch {
      // nobody is told
    }
  }
}

module.exports = { Session };
