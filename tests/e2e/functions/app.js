'use strict';
// Does as its event says, and keeps nothing. REQUEST_LOG names the file of the request ids that it saw, in order.
const fs = require('node:fs');

exports.handler = async (event, context) => {
  if (process.env.REQUEST_LOG) fs.appendFileSync(process.env.REQUEST_LOG, `${context.awsRequestId}\n`);
  if (event === 'fail') throw new Error('as asked');
  if (event === 'poll') return 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n';
  return event;
};
