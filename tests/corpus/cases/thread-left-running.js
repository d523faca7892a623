const crypto = require('crypto');
const { Worker } = require('worker_threads');

const port = "require('worker_threads').parentPort";
const idle = `${port}.on('message', () => {});`;
const busy = `${port}.on('message', (text) => ${port}.postMessage(text.length));`;
const ask = (worker, text) => new Promise((done) => worker.once('message', done).postMessage(text));

const workers = [];

// expect: thread-left-running
// also: heap-growth
// also: mapping-growth
// also: descriptor-leak
// also: limit-approaching
exports.leaky_worker_for_each_call = async () => {
  const worker = new Worker(idle, { eval: true });
  await new Promise((ready) => worker.once('online', ready));
  workers.push(worker);
  return workers.length;
};

// A worker waits for more unless it closes its port.
// expect: thread-left-running
// also: heap-growth
// also: mapping-growth
// also: descriptor-leak
// also: limit-approaching
exports.leaky_worker_that_has_answered = async (event) => {
  const worker = new Worker(busy, { eval: true });
  return ask(worker, event.customer);
};

let latest = null;

// expect: thread-left-running
// also: heap-growth
// also: mapping-growth
// also: descriptor-leak
exports.leaky_worker_renewed = async (event) => {
  if (latest) await latest.terminate();
  latest = new Worker(idle, { eval: true });
  await new Promise((ready) => latest.once('online', ready));
  return event.number;
};

// clean of: thread-left-running
exports.clean_worker_terminated = async (event) => {
  const worker = new Worker(busy, { eval: true });
  try {
    return await ask(worker, event.customer);
  } finally {
    await worker.terminate();
  }
};

let shared = null;

// clean of: thread-left-running
exports.clean_worker_of_the_first_call = async (event) => {
  shared = shared || new Worker(busy, { eval: true });
  return ask(shared, event.customer);
};

// libuv's own threads.
// clean of: thread-left-running
exports.clean_work_on_the_pool = async (event) =>
  (await Promise.all(Array.from({ length: 6 }, () =>
    new Promise((done) => crypto.pbkdf2(event.token, 'salt', 10, 16, 'sha256', (_, key) => done(key)))))).length;
