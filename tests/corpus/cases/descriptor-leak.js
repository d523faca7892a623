const fs = require('fs');
const os = require('os');
const path = require('path');

function table() {
  const file = path.join(os.tmpdir(), 'prices.csv');
  if (!fs.existsSync(file)) fs.writeFileSync(file, 'apple,1\n'.repeat(50000));
  return file;
}

// expect: descriptor-leak *prices.csv
// also: limit-approaching
exports.leaky_table_opened_for_each_call = async () => {
  const fd = fs.openSync(table());
  const line = Buffer.alloc(8);
  fs.readSync(fd, line);
  return line.toString();
};

const handles = new Map();

// expect: descriptor-leak *prices.csv
// also: limit-approaching
exports.leaky_handle_by_customer = async (event) => {
  handles.set(event.customer, await fs.promises.open(table()));
  return handles.size;
};

// The first chunk is all it wants; nobody destroys the rest.
// expect: descriptor-leak *prices.csv
// also: limit-approaching
exports.leaky_stream_left_half_read = async () => {
  const stream = fs.createReadStream(table());
  return new Promise((done) => stream.once('data', (chunk) => {
    stream.pause();
    done(chunk.length);
  }));
};

// expect: descriptor-leak *log-*.txt
// also: tmp-growth
// also: limit-approaching
exports.leaky_log_stream_never_ended = async (event) => {
  const stream = fs.createWriteStream(path.join(os.tmpdir(), `log-${event.number}.txt`));
  await new Promise((written) => stream.write(event.customer, written));
  return stream.bytesWritten;
};

// expect: descriptor-leak *prices.csv
// also: limit-approaching
// with: n=40
exports.leaky_on_the_way_of_an_error = async (event) => {
  const fd = fs.openSync(table());
  try {
    if (event.number % 4 === 3) throw new Error('unknown customer');
    fs.closeSync(fd);
    return 'done';
  } catch (error) {
    return error.message;
  }
};

// clean of: descriptor-leak
exports.clean_handle_closed = async () => {
  const handle = await fs.promises.open(table());
  try {
    return (await handle.read(Buffer.alloc(8), 0, 8, 0)).bytesRead;
  } finally {
    await handle.close();
  }
};

// clean of: descriptor-leak
exports.clean_stream_destroyed = async () => {
  const stream = fs.createReadStream(table());
  const length = await new Promise((done) => stream.once('data', (chunk) => done(chunk.length)));
  await new Promise((closed) => stream.once('close', closed).destroy());
  return length;
};

// clean of: descriptor-leak
exports.clean_stream_read_to_its_end = async () => {
  let length = 0;
  for await (const chunk of fs.createReadStream(table())) length += chunk.length;
  return length;
};

let log = null;

// clean of: descriptor-leak
exports.clean_handle_opened_once = async (event) => {
  log = log || await fs.promises.open(path.join(os.tmpdir(), 'state.json'), 'w');
  await log.write(JSON.stringify({ last: event.tenant.padEnd(10) }), 0);
  return true;
};

const pool = [];

// clean of: descriptor-leak
exports.clean_pool_of_three = async (event) => {
  if (pool.length < 3) pool.push(fs.openSync(table()));
  return fs.readSync(pool[event.number % pool.length], Buffer.alloc(8), 0, 8, 0);
};

// A watcher is one descriptor of libuv's for all, and it is closed.
// clean of: descriptor-leak
exports.clean_watcher_closed = async () => {
  const watcher = fs.watch(os.tmpdir());
  await new Promise((closed) => watcher.once('close', closed).close());
  return true;
};
