// aws/aws-sdk-js-v3#1196, stripe/stripe-node#1040, brianc/node-postgres#2243: a pooled connection is dead when the
// frozen function wakes up: ECONNRESET or EPIPE, or a client that is poisoned for good. Node sees the end of what it
// reads; what the pool has paused, it doesn't.
const net = require('net');

const [host, port] = process.env.PEER_CLOSING.split(':');

class Pool {
  idle = [];

  async borrow() {
    return this.idle.pop() || new Promise((done, failed) => {
      const client = { answered: () => {} };
      const onread = { buffer: Buffer.alloc(1024), callback: () => client.answered('ok') || true };
      client.socket = net.connect({ host, port, onread }, () => done(client));
      client.socket.on('error', () => client.answered('error')).on('close', () => client.answered('closed'));
    });
  }

  release(client) {
    client.socket.pause();
    this.idle.push(client);
  }
}

const query = (client, text) => new Promise((done) => {
  client.answered = done;
  client.socket.resume().write(text);
});

const pool = new Pool();

// expect: stale-connection *127.0.0.1:*
// with: peer=closing
exports.leaky_pool_woken_up = async (event) => {
  let client = await pool.borrow();
  let answer = await query(client, `SELECT ${event.customer}\r\n`);
  if (answer !== 'ok') {
    client = await pool.borrow();
    answer = await query(client, `SELECT ${event.customer}\r\n`);
  }
  pool.release(client);
  return answer;
};

// clean of: stale-connection
// with: peer=closing
exports.clean_pool_ended_with_the_invocation = async (event) => {
  const client = await new Pool().borrow();
  const answer = await query(client, `SELECT ${event.customer}\r\n`);
  await new Promise((closed) => client.socket.once('close', closed).destroy());
  return answer;
};
