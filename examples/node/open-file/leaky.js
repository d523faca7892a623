'use strict';
// A file is opened and never closed: one descriptor a call, until number 1,024 and EMFILE.
const fs = require('node:fs');

exports.handler = async () => {
  const descriptor = fs.openSync(__filename, 'r');
  const first = Buffer.alloc(3);
  fs.readSync(descriptor, first);
  return { first: first.toString() };
};
