let currentUser = null;
let lastEvent = {};
let report = '';

// expect: variable-replaced *currentUser
// also: payload-retained *currentUser*
exports.leaky_global = async (event) => {
  currentUser = event.customer;
  return currentUser;
};

// expect: variable-replaced *lastEvent
// also: payload-retained *lastEvent*
exports.leaky_event = async (event) => {
  lastEvent = event;
  return lastEvent.number;
};

class Session {
  constructor() {
    this.user = null;
    this.headers = { accept: 'application/json' };
    this.calls = 0;
  }

  login(user, token) {
    this.user = user;
    this.headers.authorization = `Bearer ${token}`;
  }
}

const session = new Session();

// expect: variable-replaced *session.user
// expect: variable-replaced *session.headers
// also: payload-retained *session.*
exports.leaky_singleton = async (event) => {
  session.login(event.customer, event.token);
  return true;
};

class Context {
  static current = null;
}

// expect: variable-replaced *Context.current*
// also: payload-retained *Context.current*
exports.leaky_class_static = async (event) => {
  Context.current = { customer: event.customer };
  return true;
};

// None of it is the event's.
// expect: variable-replaced *report
exports.leaky_rendered_text = async (event) => {
  report = [1, 2, 3, 4].map((at) => `line ${event.number * at}`).join(', ');
  return report;
};

const remember = (() => {
  let before = '';
  return (text) => {
    const last = before;
    before = text;
    return last;
  };
})();

// expect: variable-replaced *before*
// also: payload-retained *before*
exports.leaky_closure = async (event) => remember(event.customer);

// clean of: variable-replaced, payload-retained
exports.clean_reset = async (event) => {
  currentUser = event.customer;
  try {
    return currentUser.length;
  } finally {
    currentUser = null;
  }
};

let configuration;

// clean of: variable-replaced
exports.clean_configuration = async () => {
  configuration ??= { endpoint: 'https://example.org/api', retries: '3' };
  return configuration.endpoint;
};

let seenAt = '';

// clean of: variable-replaced
exports.clean_time_as_text = async (event) => {
  seenAt = new Date(event.number * 61000).toISOString();
  return seenAt;
};

let state = 'idle';

// clean of: variable-replaced, payload-retained
exports.clean_state_machine = async () => {
  state = 'working';
  await null;
  state = 'idle';
  return state;
};

let window = [0, 0];

// Numbers, in a new array each time.
// clean of: variable-replaced
exports.clean_rate_limit = async (event) => {
  window = [window[0] + 1, event.number * 0.5];
  return window[0];
};

const headers = { accept: 'application/json' };

// clean of: variable-replaced, payload-retained
exports.clean_copy = async (event) => Object.keys({ ...headers, authorization: event.token }).length;
