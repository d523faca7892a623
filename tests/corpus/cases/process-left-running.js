const { execFile, fork, spawn, spawnSync } = require('child_process');
const os = require('os');
const fs = require('fs');
const path = require('path');
const { promisify } = require('util');

// expect: process-left-running
// also: limit-approaching
exports.leaky_detached_helper = async () => {
  spawn('sleep', ['300'], { detached: true, stdio: 'ignore' }).unref();
};

// expect: process-left-running
// also: connection-leak
// also: descriptor-leak
// also: limit-approaching
exports.leaky_child_with_pipes = async (event) => {
  const child = spawn('cat');
  child.stdin.write(event.customer);
  return new Promise((done) => child.stdout.once('data', (text) => done(text.toString())));
};

const busy = () => {
  const file = path.join(os.tmpdir(), 'busy.js');
  if (!fs.existsSync(file)) fs.writeFileSync(file, "process.on('message', (text) => process.send(text.length));");
  return file;
};

// The channel keeps it alive.
// expect: process-left-running
// also: connection-leak
// also: descriptor-leak
// also: limit-approaching
exports.leaky_fork_never_disconnected = async (event) => {
  const child = fork(busy());
  child.send(event.customer);
  return new Promise((done) => child.once('message', done));
};

// expect: process-left-running
// also: limit-approaching
// with: n=40
exports.leaky_given_up_when_slow = async (event) => {
  const child = spawn('sleep', [event.number % 4 === 3 ? '300' : '0'], { stdio: 'ignore' });
  return Promise.race([
    new Promise((done) => child.once('exit', done)),
    new Promise((late) => setTimeout(late, 100, 'too slow').unref()),
  ]);
};

// clean of: process-left-running
exports.clean_awaited = async (event) => (await promisify(execFile)('echo', [event.customer])).stdout;

// clean of: process-left-running
exports.clean_sync = async (event) => spawnSync('cat', { input: event.customer }).stdout.toString();

// clean of: process-left-running
exports.clean_killed_when_slow = async () => {
  const child = spawn('sleep', ['300'], { stdio: 'ignore' });
  const ended = new Promise((done) => child.once('exit', (_, signal) => done(signal)));
  child.kill('SIGKILL');
  return ended;
};

let helper = null;

// clean of: process-left-running
exports.clean_helper_of_the_first_call = async (event) => {
  helper = helper || spawn('cat');
  helper.stdin.write(event.customer);
  return new Promise((done) => helper.stdout.once('data', (text) => done(text.toString())));
};
