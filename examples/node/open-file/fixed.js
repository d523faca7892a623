'use strict';
// What the call opens, it closes.
const fs = require('node:fs');

exports.handler = async () => {
  const descriptor = fs.openSync(__filename, 'r');
  try {
    const first = Buffer.alloc(3);
    fs.readSync(descriptor, first);
    return { first: first.toString() };
  } finally {
    fs.closeSync(descriptor);
  }
};
