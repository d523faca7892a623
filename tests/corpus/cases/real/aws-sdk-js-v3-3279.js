// aws/aws-sdk-js-v3#3279: a client for each invocation, each with an agent of its own that keeps its sockets alive,
// until EMFILE. The remedy is one client at module level, or `destroy()`.
// hexlabsio/dynamo-ts#61: the same with a fan-out, which reaches Lambda's 1,024 descriptors in minutes.
const http = require('http');

const [host, port] = process.env.PEER_KEEPING.split(':');

class Client {
  agent = new http.Agent({ keepAlive: true, maxSockets: 50 });

  send(command) {
    return new Promise((done, failed) => {
      const request = http.request({ host, port, path: '/', method: 'POST', agent: this.agent }, (reply) => {
        reply.resume().on('end', () => done(reply.statusCode));
      });
      request.on('error', failed).end(command);
    });
  }

  destroy() {
    this.agent.destroy();
  }
}

// expect: connection-leak tcp 127.0.0.1:*
// also: limit-approaching
exports.leaky_client_for_each_invocation = async (event) => new Client().send(event.customer);

// expect: connection-leak tcp 127.0.0.1:*
// expect: limit-approaching
exports.leaky_fan_out = async (event) => {
  const client = new Client();
  return (await Promise.all([1, 2, 3, 4, 5].map((key) => client.send(`${event.customer} ${key}`)))).length;
};

const client = new Client();

// clean of: connection-leak
exports.clean_client_at_module_level = async (event) =>
  (await Promise.all([1, 2, 3, 4, 5].map((key) => client.send(`${event.customer} ${key}`)))).length;

// clean of: connection-leak
exports.clean_client_destroyed = async (event) => {
  const own = new Client();
  try {
    return await own.send(event.customer);
  } finally {
    own.destroy();
  }
};
