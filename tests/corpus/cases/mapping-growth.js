// A WebAssembly memory or a worker's heap is mapped by V8, which frees it in its own time: nothing leaky here, see
// heap-growth.js.

// clean of: mapping-growth
exports.clean_wasm_memory_dropped = async (event) => {
  const memory = new WebAssembly.Memory({ initial: 1 + (event.rows % 4), maximum: 16 });
  new Uint8Array(memory.buffer)[0] = event.rows;
  return memory.buffer.byteLength;
};

let shared = null;

// clean of: mapping-growth
exports.clean_wasm_memory_kept = async (event) => {
  shared = shared || new WebAssembly.Memory({ initial: 4, maximum: 64 });
  new Uint8Array(shared.buffer).fill(event.rows);
  return shared.buffer.byteLength;
};

// The heap takes pages and gives them back when it likes.
// clean of: mapping-growth
exports.clean_much_garbage = async (event) => {
  let rows = 0;
  for (let round = 0; round < 20; ++round)
    rows += Array.from({ length: event.rows * 50 }, (_, row) => ({ row, text: `row ${row} of ${round}` })).length;
  return rows;
};
