// CodeGenieApp/serverless-express#239: a server for each invocation, listening on a socket in /tmp, until EMFILE.
const http = require('http');
const os = require('os');
const path = require('path');

function listen(name) {
  const server = http.createServer((request, reply) => reply.end('hello'));
  const socketPath = path.join(os.tmpdir(), name);
  return new Promise((ready) => server.listen(socketPath, () => ready({ server, socketPath })));
}

const proxy = (socketPath) => new Promise((done, failed) => {
  http.get({ socketPath, path: '/', agent: false }, (reply) => {
    reply.resume().on('close', () => done(reply.statusCode));
  }).on('error', failed);
});

// expect: connection-leak *server-*.sock*
// also: tmp-growth *server-*.sock
// also: limit-approaching
exports.leaky_server_for_each_invocation = async (event) => {
  const { socketPath } = await listen(`server-${event.token}.sock`);
  return proxy(socketPath);
};

let shared = null;

// clean of: connection-leak
exports.clean_server_at_module_level = async () => {
  shared = shared || listen('server.sock');
  return proxy((await shared).socketPath);
};
