const fs = require('fs');
const http = require('http');
const net = require('net');
const os = require('os');
const path = require('path');
const { execFile } = require('child_process');

const [host, port] = process.env.PEER_KEEPING.split(':');
const inTmp = (name) => path.join(os.tmpdir(), name);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function audit(event) {
  await sleep(150);
  await fs.promises.appendFile(inTmp('audit.log'), event.customer + '\n');
}

// expect: post-response-activity
// also: tmp-growth *audit.log
// with: n=7 pause=400
exports.leaky_promise_not_awaited = async (event) => {
  audit(event);
  return 'accepted';
};

let metrics = new net.Socket();

// expect: post-response-activity
// with: n=7 pause=400
exports.leaky_metrics_sent_after_the_answer = async (event) => {
  setTimeout(() => {
    metrics.destroy();
    metrics = net.connect(port, host, () => metrics.write(`SET ${event.customer}\r\n`));
  }, 150);
  return 'accepted';
};

let flushing = null;
let flushes = 0;

// expect: post-response-activity
// with: n=7 pause=400
exports.leaky_flush_by_an_interval = async () => {
  const flush = () => fs.writeFileSync(inTmp('metrics.json'), String(1000 + (++flushes % 1000)));
  flushing = flushing || setInterval(flush, 150);
  return 'accepted';
};

// expect: post-response-activity
// also: process-left-running
// also: descriptor-leak
// also: connection-leak
// also: limit-approaching
// with: n=7 pause=400
exports.leaky_child_started_after_the_answer = async () => {
  setTimeout(() => execFile('sleep', ['0.6']), 150);
  return 'accepted';
};

// clean of: post-response-activity
// with: n=7 pause=400
exports.clean_awaited = async (event) => {
  await sleep(5);
  await fs.promises.writeFile(inTmp('latest.log'), event.tenant.padEnd(10));
  return 'accepted';
};

const agent = new http.Agent({ keepAlive: true });

// clean of: post-response-activity
// with: n=7 pause=400
exports.clean_agent_idle = async () => new Promise((done, failed) => {
  http.get(`http://${host}:${port}/`, { agent }, (reply) => {
    reply.resume().on('end', () => done(reply.statusCode));
  }).on('error', failed);
});

// clean of: post-response-activity
// with: n=7 pause=400
exports.clean_logged_later = async (event) => {
  setTimeout(() => console.log('done with', event.number), 150);
  return 'accepted';
};

let ticking = null;
let ticks = 0;

// clean of: post-response-activity
// with: n=7 pause=400
exports.clean_interval_that_only_counts = async () => {
  ticking = ticking || setInterval(() => ++ticks, 5).unref();
  return ticks >= 0;
};

// clean of: post-response-activity
// with: n=7 pause=400
exports.clean_timer_cleared = async (event) => {
  const timer = setTimeout(() => fs.writeFileSync(inTmp('late'), event.customer), 150);
  await sleep(1);
  clearTimeout(timer);
  return 'accepted';
};
