'use strict';
// The file is removed at the end, also when the call fails.
const fs = require('node:fs');

exports.handler = async (event, context) => {
  const page = `/tmp/report-${context.awsRequestId}.html`;
  try {
    fs.writeFileSync(page, '<p>report</p>'.repeat(100));
    return { bytes: fs.statSync(page).size };
  } finally {
    fs.rmSync(page, { force: true });
  }
};
