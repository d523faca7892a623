// Node sees most endings by itself, between two invocations. These are the connections that it isn't reading.
const http = require('http');
const net = require('net');

const [host, port] = process.env.PEER_CLOSING.split(':');
const [keepingHost, keepingPort] = process.env.PEER_KEEPING.split(':');
let parked = null;
let answered = () => {};

function session() {
  return new Promise((done, failed) => {
    const onread = { buffer: Buffer.alloc(4096), callback: (length) => answered(length) || true };
    const socket = net.connect({ port, host, onread }, () => done(socket)).once('error', failed);
  });
}

function query(socket, text) {
  return new Promise((done, failed) => {
    answered = done;
    socket.removeAllListeners('close').once('close', () => failed(new Error('closed')));
    socket.on('error', () => {}).resume().write(text);
  });
}

// A pool that doesn't listen to what nobody has borrowed.
// expect: stale-connection *127.0.0.1:*
// with: peer=closing
exports.leaky_session_parked = async (event) => {
  const text = `SET ${event.customer}\r\n`;
  parked = parked || await session();
  let length;
  try {
    length = await query(parked, text);
  } catch {
    parked = await session();
    length = await query(parked, text);
  }
  parked.pause();
  return length;
};

const halves = [];

// An end of theirs is not an end of ours.
// expect: stale-connection *127.0.0.1:*
// also: connection-leak
// also: limit-approaching
// with: peer=closing
exports.leaky_half_open_sockets = async (event) => {
  const socket = net.connect({ port, host, allowHalfOpen: true });
  socket.write(`SET ${event.customer}\r\n`);
  const answer = await new Promise((done) => socket.once('data', (text) => done(text.toString())));
  halves.push(socket);
  return answer;
};

const bodies = [];

// expect: stale-connection *127.0.0.1:*
// also: connection-leak
// also: limit-approaching
// with: peer=closing
exports.leaky_answer_left_half_read = async () => new Promise((done, failed) => {
  http.get(`http://${host}:${port}/page`, (reply) => {
    bodies.push(reply);
    done(reply.statusCode);
  }).on('error', failed);
});

// expect: stale-connection *127.0.0.1:*
// also: connection-leak
// also: limit-approaching
// with: peer=closing
exports.leaky_fetch_whose_body_nobody_reads = async () => {
  const reply = await fetch(`http://${host}:${port}/page`);
  bodies.push(reply);
  return reply.status;
};

const get = (agent, url) => new Promise((done, failed) => http.get(url, { agent }, (reply) => {
  reply.resume().on('end', () => done(reply.statusCode));
}).on('error', failed));

const agent = new http.Agent({ keepAlive: true });

// clean of: stale-connection
// with: peer=closing
exports.clean_agent_that_is_told = async () => get(agent, `http://${host}:${port}/orders`);

const keeping = new http.Agent({ keepAlive: true });

// clean of: stale-connection
// with: pause=100
exports.clean_peer_that_keeps = async () => get(keeping, `http://${keepingHost}:${keepingPort}/orders`);

// clean of: stale-connection
// with: peer=closing
exports.clean_closed_by_us = async () => get(new http.Agent({ keepAlive: false }), `http://${host}:${port}/orders`);

// clean of: stale-connection
// with: peer=closing
exports.clean_fetch = async () => (await fetch(`http://${host}:${port}/orders`)).json();
