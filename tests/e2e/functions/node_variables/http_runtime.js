'use strict';
// A runtime of its own, by Node's http module; the second argument says whether it keeps its connection, the third
// what it does to its globals. Its handler is that of leaky.js which the first argument names.
const http = require('node:http');
const leaky = require('./leaky.js');

const [name, keeping, globals] = process.argv.slice(2);
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: keeping === 'keeping', maxSockets: 1 });

const call = (method, path, body) => new Promise((done, failed) => {
  const request = http.request({ host, port, path: `/2018-06-01/runtime/invocation/${path}`, method, agent }, (reply) => {
    let text = '';
    reply.on('data', (piece) => { text += piece; });
    reply.on('end', () => done({ event: text, id: reply.headers['lambda-runtime-aws-request-id'] }));
  });
  request.on('error', failed);
  request.end(body);
});

if (globals === 'frozen') Object.freeze(globalThis);
if (globals === 'tojson') Object.defineProperty(Object.prototype, 'toJSON', { value() { return this; }, configurable: true });

(async () => {
  for (;;) {
    const { event, id } = await call('GET', 'next');
    await leaky[name](JSON.parse(event));
    await call('POST', `${id}/response`, '{}');
  }
})();
