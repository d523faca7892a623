// aws/aws-lambda-base-images#153: Promise.all rejects with the first failure; the other promise goes on, and finishes
// in the next invocation.
// serverless/dashboard-plugin#568: a timeout that is left over fires there.
const fs = require('fs');
const os = require('os');
const path = require('path');

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const store = (event) => fs.promises.writeFile(path.join(os.tmpdir(), 'order.json'), event.customer.padEnd(40));

async function charge() {
  throw new Error('card declined');
}

async function reserve(event, takes = 150) {
  await sleep(takes);
  await store(event);
}

// expect: post-response-activity
// with: n=7 pause=400 errors=expected
exports.leaky_other_promise_goes_on = async (event) => {
  await Promise.all([charge(), reserve(event)]);
};

// expect: post-response-activity
// with: n=7 pause=400
exports.leaky_timeout_left_over = async (event) => {
  setTimeout(() => store(event), 150);
  return 'accepted';
};

// clean of: post-response-activity
// with: n=7 pause=400 errors=expected
exports.clean_all_settled = async (event) => {
  const results = await Promise.allSettled([charge(), reserve(event, 10)]);
  const failed = results.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
};
