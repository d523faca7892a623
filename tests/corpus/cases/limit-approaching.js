const fs = require('fs');
const net = require('net');

const [host, port] = process.env.PEER_KEEPING.split(':');
const kept = [];

// expect: limit-approaching
// expect: descriptor-leak
// with: nofile=120
exports.leaky_descriptors = async () => kept.push(fs.openSync('/proc/self/status'));

// expect: limit-approaching
// expect: connection-leak
// with: nofile=120
exports.leaky_connections = async () => new Promise((done) => {
  const socket = net.connect(port, host, () => done(kept.push(socket)));
});

// Three at a time reach Lambda's 1,024 in time, too.
// expect: limit-approaching
// expect: descriptor-leak
exports.leaky_three_at_a_time = async () => {
  for (let file = 0; file < 3; ++file) kept.push(await fs.promises.open('/proc/self/status'));
  return kept.length;
};

// clean of: limit-approaching
// with: nofile=120
// with: alone=yes
exports.clean_pool_of_sixty = async () => {
  while (kept.length < 60) kept.push(fs.openSync('/proc/self/status'));
  return kept.length;
};

// clean of: limit-approaching
// with: nofile=120
exports.clean_many_opened_and_closed = async () => {
  const files = Array.from({ length: 60 }, () => fs.openSync('/proc/self/status'));
  files.forEach((fd) => fs.closeSync(fd));
  return files.length;
};

let model = null;

// clean of: limit-approaching
exports.clean_large_and_loaded_once = async () => {
  model = model || Buffer.alloc(60000000, 'm');
  return model.length;
};
