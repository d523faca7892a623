'use strict';
// The credential is made for this call's customer and is gone with the call.
const { randomBytes } = require('node:crypto');

const assumeRole = (customer) => ({
  customer,
  key: 'ASIA' + randomBytes(8).toString('hex').toUpperCase(),
  secret: randomBytes(30).toString('base64'),
});

exports.handler = async (event, context) => {
  const session = assumeRole(event.customer ?? context.awsRequestId);
  return { actedAs: session.customer };
};
