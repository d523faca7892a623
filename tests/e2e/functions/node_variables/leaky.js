'use strict';
// Each handler leaves something in the variable that is named like it.
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
}

const service = new Service();

function counter() {
  const hits = [];
  return (text) => hits.push(text);
}

const closure = counter();

exports.list = async (event) => { list.push(event.token); };
exports.map = async (event) => { map.set(event.token, event.customer); };
exports.nested = async (event) => { nested.orders.open.push(event.customer); };
exports.listeners = async (event) => { listeners.on('order', () => event); };
exports.last = async (event) => { last = event; return last.number; };
exports.catalogue = async (event) => { Catalogue.seen.add(event.token); };
exports.service = async (event) => { service.remember(event); };
exports.closure = async (event) => { closure(event.customer); };
exports.intervals = async () => { setInterval(() => {}, 1000000).ref(); };
