// A runtime of its own, by fetch. Its handler is that of leaky.js which the first argument names.
import leaky from './leaky.js';

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

for (;;) {
  const reply = await fetch(`${api}/next`);
  await leaky[process.argv[2]](await reply.json());
  await fetch(`${api}/${reply.headers.get('lambda-runtime-aws-request-id')}/response`, { method: 'POST', body: '{}' });
}
