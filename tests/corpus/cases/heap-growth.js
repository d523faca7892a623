// What V8's collector will free can't be told, natively, from what the function still holds: so there is nothing
// leaky here, and everything that looks like it.
const crypto = require('crypto');
const zlib = require('zlib');
const { promisify } = require('util');

// clean of: heap-growth
exports.clean_buffers_dropped = async (event) => {
  const parts = Array.from({ length: 20 }, (_, part) => Buffer.alloc(1000 * part + event.rows));
  return Buffer.concat(parts).length;
};

let last = null;

// clean of: heap-growth
exports.clean_last_buffer_renewed = async (event) => {
  last = Buffer.alloc(100000 + event.rows * 1000);
  return last.length;
};

const cache = new Map();

// clean of: heap-growth
exports.clean_cache_that_evicts = async (event) => {
  cache.set(event.customer, Buffer.alloc(30000));
  if (cache.size > 4) cache.delete(cache.keys().next().value);
  return cache.size;
};

// clean of: heap-growth
exports.clean_compression_and_hashes = async (event) => {
  const text = JSON.stringify(Array.from({ length: event.rows * 20 }, (_, row) => ({ row })));
  const packed = await promisify(zlib.gzip)(text);
  return crypto.createHash('sha256').update(packed).digest('hex');
};

// clean of: heap-growth
exports.clean_work_of_every_size = async (event) => {
  const rows = Array.from({ length: event.rows * 100 }, (_, row) => ({ row, text: 'x'.repeat(row % 97) }));
  return JSON.parse(JSON.stringify(rows)).length;
};

// clean of: heap-growth
exports.clean_modules_when_needed = async () => {
  const url = require('url');
  const querystring = require('querystring');
  return url.parse('http://a/b?c=d').query + querystring.stringify({ e: 1 });
};
