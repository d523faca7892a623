// A listener more of a signal that has one changes nothing that the kernel sees; these take the handler out and put
// another in.
const events = require('events');

// expect: signal-handler-changed *SIGTERM*
exports.leaky_hook_replaced_by_each_call = async (event) => {
  process.removeAllListeners('SIGTERM');
  process.on('SIGTERM', () => console.log('flush', event.customer));
};

let last = () => {};

// expect: signal-handler-changed *SIGHUP*
exports.leaky_reload_hook_renewed = async (event) => {
  process.off('SIGHUP', last);
  last = () => event.customer;
  process.on('SIGHUP', last);
};

let waiting = new AbortController();

// expect: signal-handler-changed *SIGUSR2*
exports.leaky_shutdown_awaited_by_each_call = async () => {
  waiting.abort();
  waiting = new AbortController();
  events.once(process, 'SIGUSR2', { signal: waiting.signal }).catch(() => {});
};

// Node's own handler of SIGTERM is gone with the first one that is taken back.
// clean of: signal-handler-changed
// with: kept=once
exports.clean_hook_taken_back = async (event) => {
  const hook = () => event.customer;
  process.on('SIGTERM', hook);
  try {
    return await Promise.resolve(event.rows);
  } finally {
    process.off('SIGTERM', hook);
  }
};

let hooked = false;

// clean of: signal-handler-changed
// with: kept=once
exports.clean_hook_set_by_the_first_call = async () => {
  if (!hooked) process.on('SIGTERM', () => {});
  hooked = true;
};

// clean of: signal-handler-changed
exports.clean_signal_handled_within_the_call = async () => {
  const alive = setTimeout(() => {}, 1000); // waiting for a signal doesn't keep the loop going
  const caught = events.once(process, 'SIGUSR2');
  process.kill(process.pid, 'SIGUSR2');
  const [name] = await caught;
  clearTimeout(alive);
  return name;
};
