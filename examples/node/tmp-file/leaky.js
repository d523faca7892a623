'use strict';
// A file in /tmp stays when the call is over: the next caller can read it, and one day the disk is full.
const fs = require('node:fs');
const os = require('node:os');

exports.handler = async (event, context) => {
  const page = `${os.tmpdir()}/report-${context.awsRequestId}.html`;
  fs.writeFileSync(page, '<p>report</p>'.repeat(100));
  return { bytes: fs.statSync(page).size };
};
