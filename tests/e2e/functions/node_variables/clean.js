'use strict';
// The twins of leaky.js: as busy, and what they leave is the same after each call.
const { EventEmitter } = require('node:events');

const list = [];
const map = new Map();
const nested = { orders: { open: [] } };
const listeners = new EventEmitter();
let last = null;

class Catalogue {
  static seen = new Set();
}

class Service {
  lastEvent = null;
  #history = [];

  remember(event) {
    this.lastEvent = event;
    this.#history.push(event.customer);
  }

  forget() {
    this.lastEvent = null;
    this.#history.length = 0;
  }
}

const service = new Service();

function counter() {
  const hits = [];
  return { hit: (text) => hits.push(text), clear: () => { hits.length = 0; } };
}

const closure = counter();

exports.list = async (event) => { list.push(event.token); list.pop(); };
exports.map = async (event) => { map.set(event.token, event.customer); map.delete(event.token); };
exports.nested = async (event) => { nested.orders.open.push(event.customer); nested.orders.open = []; };
exports.listeners = async (event) => { listeners.once('order', () => event); listeners.emit('order'); };
exports.last = async (event) => { last = event; const { number } = last; last = null; return number; };
exports.catalogue = async (event) => { Catalogue.seen.add(event.token); Catalogue.seen.clear(); };
exports.service = async (event) => { service.remember(event); service.forget(); };
exports.closure = async (event) => { closure.hit(event.customer); closure.clear(); };
exports.intervals = async () => { clearInterval(setInterval(() => {}, 1000000)); };
