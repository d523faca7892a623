// aws-lambda-rust-runtime-972.py, with a collector.

let latest = null;

// clean of: heap-growth, mapping-growth, limit-approaching
exports.clean_high_water_mark = async (event) => {
  const rows = Array.from({ length: event.rows * 200 }, (_, row) => ({ row, text: 'x'.repeat(row % 300) }));
  return JSON.stringify(rows).length + Buffer.alloc(event.rows * 100000).length;
};

// clean of: heap-growth, mapping-growth, limit-approaching
exports.clean_sawtooth = async (event) => {
  latest = Buffer.alloc(100000 + (event.number % 3) * 50000);
  return latest.length;
};
