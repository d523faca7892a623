const http = require('http');
const net = require('net');
const os = require('os');
const path = require('path');

const [host, port] = process.env.PEER_KEEPING.split(':');
const url = `http://${host}:${port}/orders`;

function get(agent) {
  return new Promise((done, failed) => http.get(url, { agent }, (reply) => {
    reply.resume();
    reply.on('end', () => done(reply.statusCode));
  }).on('error', failed));
}

// expect: connection-leak tcp 127.0.0.1:*
// also: limit-approaching
exports.leaky_agent_for_each_call = async () => get(new http.Agent({ keepAlive: true }));

const sockets = [];

// expect: connection-leak tcp 127.0.0.1:*
// also: limit-approaching
exports.leaky_socket_for_each_call = async (event) => new Promise((done, failed) => {
  const socket = net.connect(port, host, () => socket.write(`SET ${event.customer}\r\n`));
  socket.once('data', (answer) => done(answer.toString())).on('error', failed);
  sockets.push(socket);
});

const replies = [];

// The body is never read, so the connection is never free for another request.
// expect: connection-leak tcp 127.0.0.1:*
// also: limit-approaching
exports.leaky_fetch_whose_body_nobody_reads = async () => {
  const reply = await fetch(url.replace('orders', 'large'));
  replies.push(reply);
  return reply.status;
};

const clients = new Map();

// expect: connection-leak tcp 127.0.0.1:*
// also: limit-approaching
exports.leaky_client_by_customer = async (event) => {
  if (!clients.has(event.customer)) clients.set(event.customer, new http.Agent({ keepAlive: true, maxSockets: 1 }));
  return get(clients.get(event.customer));
};

// expect: connection-leak tcp 127.0.0.1:*
// also: limit-approaching
// with: n=40
exports.leaky_retry_forgets_the_first = async (event) => {
  const attempts = await Promise.all(Array.from({ length: event.number % 5 === 4 ? 2 : 1 }, () =>
    new Promise((done) => {
      const socket = net.connect(port, host, () => done(socket));
    })));
  const last = attempts.pop();
  await new Promise((closed) => last.once('close', closed).destroy());
  sockets.push(...attempts);
  return sockets.length;
};

const agent = new http.Agent({ keepAlive: true });

// clean of: connection-leak
exports.clean_agent_reused = async () => get(agent);

// clean of: connection-leak
exports.clean_agent_destroyed = async () => {
  const own = new http.Agent({ keepAlive: true });
  try {
    return await get(own);
  } finally {
    own.destroy();
  }
};

// clean of: connection-leak
exports.clean_fetch = async () => (await fetch(url)).json();

// clean of: connection-leak
exports.clean_fetch_of_a_large_reply = async () => {
  const reply = await fetch(url.replace('orders', 'large'));
  return (await reply.arrayBuffer()).byteLength;
};

const pool = new http.Agent({ keepAlive: true, maxSockets: 4 });

// clean of: connection-leak
exports.clean_fan_out_over_a_bounded_pool = async (event) =>
  (await Promise.all(Array.from({ length: 1 + (event.number % 7) }, () => get(pool)))).length;

// clean of: connection-leak
exports.clean_socket_ended = async (event) => new Promise((done, failed) => {
  const socket = net.connect(port, host, () => socket.write(`SET ${event.customer}\r\n`));
  socket.once('data', () => socket.destroy()).on('close', () => done(true)).on('error', failed);
});

// clean of: connection-leak
exports.clean_server_closed = async (event) => {
  const server = net.createServer();
  await new Promise((ready) => server.listen(path.join(os.tmpdir(), `server-${event.number}.sock`), ready));
  await new Promise((closed) => server.close(closed));
  return true;
};

const http1 = http.request;

// clean of: connection-leak
exports.clean_connection_for_each_call = async () => new Promise((done, failed) => {
  const request = http1(url, { agent: false, headers: { Connection: 'close' } }, (reply) => {
    reply.resume();
    reply.on('close', () => done(reply.statusCode));
  });
  request.on('error', failed).end();
});
