class Service {
  constructor() {
    this.lastEvent = null;
    this.pending = [];
    this.names = {};
  }
}

const service = new Service();
let authorization = '';
let raw = Buffer.alloc(0);

// expect: payload-retained *service.lastEvent holds event.*
// also: variable-replaced
exports.leaky_event_in_an_attribute = async (event) => {
  service.lastEvent = event;
  return true;
};

// expect: payload-retained *service.pending holds event.token*
// also: variable-growth
exports.leaky_token_in_an_array = async (event) => service.pending.push({ token: event.token });

// Part of another text.
// expect: payload-retained *authorization holds event.token*
// also: variable-replaced
exports.leaky_header = async (event) => {
  authorization = `Bearer ${event.token}`;
  return authorization.length;
};

// expect: payload-retained *raw holds event.customer*
// also: variable-replaced
exports.leaky_bytes = async (event) => {
  raw = Buffer.from(JSON.stringify(event));
  return raw.length;
};

// By a name that everyone has.
// expect: payload-retained *service.names holds event.customer*
// also: variable-replaced
exports.leaky_under_a_fixed_key = async (event) => {
  service.names.current = event.customer;
  return true;
};

const profiles = new Map();

// Who asks for an entry has the value already.
// clean of: payload-retained, variable-growth
exports.clean_cache_by_customer = async (event) => {
  profiles.set(event.customer, { customer: event.customer, seen: event.number });
  if (profiles.size > 30) profiles.delete(profiles.keys().next().value);
  return profiles.size;
};

// clean of: payload-retained, variable-replaced
exports.clean_local = async (event) => event.token.length;

// clean of: payload-retained, variable-replaced
exports.clean_put_back = async (event) => {
  service.lastEvent = event;
  try {
    return service.lastEvent.number;
  } finally {
    service.lastEvent = null;
  }
};

const counts = {};

// clean of: payload-retained, variable-growth
// with: events=rotating
exports.clean_count_by_customer = async (event) => {
  counts[event.customer] = (counts[event.customer] || 0) + 1;
  return counts[event.customer];
};
