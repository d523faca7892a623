'use strict';
// Every call connects anew and leaves the connection open: descriptors here, and sessions in the database, run out.
const { connect, send } = require('./service');

const connections = [];

exports.handler = async () => {
  const connection = await connect();
  connections.push(connection);
  await send(connection, 'one line of audit\n');
  return { sent: connection.bytesWritten };
};
