'use strict';
// Stands in for a database: a server on loopback that reads and says nothing. AUDIT_ADDRESS=host:port names a real one
// instead.
const net = require('node:net');

async function address() {
  const given = process.env.AUDIT_ADDRESS;
  if (given) {
    const colon = given.lastIndexOf(':');
    return { host: given.slice(0, colon), port: Number(given.slice(colon + 1)) };
  }
  const server = net.createServer((peer) => peer.resume()).unref();
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return { host: '127.0.0.1', port: server.address().port };
}

const found = address();

exports.connect = async () => {
  const connection = net.connect(await found);
  connection.unref();
  await new Promise((ready, failed) => connection.once('connect', ready).once('error', failed));
  return connection;
};

exports.send = (connection, text) => new Promise((sent) => connection.write(text, sent));
