const { EventEmitter } = require('events');

const seen = [];
const orders = new Map();
const tokens = new Set();
const byNumber = {};
const state = { stats: { calls: 0 }, history: { recent: [] } };

// expect: variable-growth *seen
exports.leaky_array = async (event) => seen.push(event.number);

// expect: variable-growth *orders
// also: payload-retained
exports.leaky_map_by_customer = async (event) => orders.set(event.customer, event.rows).size;

// expect: variable-growth *tokens
// also: payload-retained
exports.leaky_set = async (event) => tokens.add(event.token).size;

// expect: variable-growth *byNumber
exports.leaky_object = async (event) => {
  byNumber[event.number] = { number: event.number };
  return true;
};

// expect: variable-growth *state*
exports.leaky_deep_below = async (event) => state.history.recent.push(event.number);

class Cart {
  static items = [];
  #lines = [];

  add(number) {
    return Cart.items.push(number);
  }
}

// The items are the class's, not the cart's.
// expect: variable-growth *Cart.items
exports.leaky_class_static = async (event) => new Cart().add(event.number);

class Service {
  constructor() {
    this.pending = [];
  }

  accept(number) {
    return this.pending.push({ number });
  }
}

const service = new Service();

// expect: variable-growth *service.pending
exports.leaky_singletons_attribute = async (event) => service.accept(event.number);

const count = (() => {
  const calls = [];
  return (number) => calls.push(number);
})();

// expect: variable-growth *calls*
exports.leaky_closure = async (event) => count(event.number);

const bus = new EventEmitter();
bus.setMaxListeners(0);

// expect: variable-growth *bus*
exports.leaky_listener_for_each_call = async (event) => {
  bus.on('order', () => event.number);
  return bus.listenerCount('order');
};

process.setMaxListeners(0);

// expect: variable-growth *process*
exports.leaky_process_listener = async (event) => {
  process.on('warning', () => event.number);
  return true;
};

// expect: variable-growth *setInterval(*
exports.leaky_interval = async () => {
  setInterval(() => {}, 60000).unref();
  return true;
};

// expect: variable-growth *chain*
exports.leaky_global_this = async (event) => {
  globalThis.chain = globalThis.chain || [];
  return globalThis.chain.push(event.number);
};

let calls = 0;
let average = 0;
const metrics = { requests: 0, rows: 0 };

// clean of: variable-growth, variable-replaced, payload-retained
exports.clean_counters = async (event) => {
  calls += 1;
  average += (event.number - average) / calls;
  metrics.requests += 1;
  metrics.rows += event.rows;
  return calls;
};

const buffer = [];

// clean of: variable-growth, variable-replaced, payload-retained
exports.clean_buffer_that_is_flushed = async (event) => {
  for (let row = 0; row < event.rows; row++) buffer.push(row);
  return buffer.splice(0).length;
};

const profiles = new Map();

// clean of: variable-growth, variable-replaced, payload-retained
exports.clean_cache_that_evicts = async (event) => {
  profiles.delete(event.customer);
  profiles.set(event.customer, { customer: event.customer, score: event.number % 7 });
  if (profiles.size > 50) profiles.delete(profiles.keys().next().value);
  return profiles.get(event.customer).score;
};

class Recent {
  #entries = new Map();

  constructor(max) {
    this.max = max;
  }

  put(key, value) {
    if (this.#entries.size >= this.max) this.#entries.delete(this.#entries.keys().next().value);
    this.#entries.set(key, value);
  }
}

const recently = new Recent(100);

// clean of: variable-growth, variable-replaced
exports.clean_cache_class = async (event) => {
  recently.put(event.number, event.number * 2);
  return true;
};

const tenants = {};

// A tenant each, and there are only so many.
// clean of: variable-growth, variable-replaced, payload-retained
// with: events=rotating
exports.clean_counts_by_tenant = async (event) => {
  tenants[event.tenant] = (tenants[event.tenant] || 0) + 1;
  return tenants[event.tenant];
};

let client;

// Made by the first call, as an SDK's client is.
// clean of: variable-growth, variable-replaced
exports.clean_client_made_once = async (event) => {
  client ??= { region: 'eu-central-1', pool: [{}, {}, {}], calls: 0 };
  const connection = client.pool.pop();
  client.calls += 1;
  client.pool.push(connection);
  return event.number;
};

// clean of: variable-growth
exports.clean_lazy_require = async (event) => require('querystring').stringify({ number: event.number });

const emitter = new EventEmitter();

// clean of: variable-growth
exports.clean_listener_that_is_removed = async (event) => {
  const listener = () => event.number;
  emitter.on('order', listener);
  emitter.emit('order');
  emitter.off('order', listener);
  return true;
};

// clean of: variable-growth
exports.clean_timer_that_is_cleared = async () => {
  const timer = setInterval(() => {}, 60000);
  await new Promise((done) => setTimeout(done, 1));
  clearInterval(timer);
  return true;
};

const alive = new WeakMap();

// clean of: variable-growth
exports.clean_weak_map = async (event) => {
  alive.set(event, event.number);
  return alive.get(event);
};

const memo = [];

// clean of: variable-growth
exports.clean_memo = async (event) => {
  const key = event.number % 3;
  memo[key] ??= key * key;
  return memo[key];
};
