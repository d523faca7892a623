'use strict';
// The file is removed at the end, also when the call fails.
const fs = require('node:fs');
const os = require('node:os');

exports.handler = async (event, context) => {
  const page = `${os.tmpdir()}/report-${context.awsRequestId}.html`;
  try {
    fs.writeFileSync(page, '<p>report</p>'.repeat(100));
    return { bytes: fs.statSync(page).size };
  } finally {
    fs.rmSync(page, { force: true });
  }
};
