const fs = require('fs');
const os = require('os');
const path = require('path');
const { execFileSync } = require('child_process');

const inTmp = (name) => path.join(os.tmpdir(), name);

// expect: tmp-growth *report-*
exports.leaky_report_for_each_order = async (event) => {
  await fs.promises.writeFile(inTmp(`report-${event.number}.pdf`), Buffer.alloc(event.rows * 100));
  return true;
};

// expect: tmp-growth *profile-*
exports.leaky_profile_folder_for_each_call = async () => {
  const folder = await fs.promises.mkdtemp(inTmp('profile-'));
  await fs.promises.writeFile(path.join(folder, 'Cookies'), 'x'.repeat(1000));
  return folder;
};

// expect: tmp-growth *events.log
exports.leaky_log_that_only_grows = async (event) => {
  await fs.promises.appendFile(inTmp('events.log'), JSON.stringify(event) + '\n');
  return true;
};

// expect: tmp-growth *.json*
exports.leaky_cache_file_by_customer = async (event) => {
  fs.writeFileSync(inTmp(`${event.customer}.json`), '{}');
  return true;
};

// expect: tmp-growth *upload-*
// with: n=40
exports.leaky_on_the_way_of_an_error = async (event) => {
  const file = inTmp(`upload-${event.number}.bin`);
  await fs.promises.writeFile(file, Buffer.alloc(1000));
  if (event.number % 4 === 3) return 'upload failed';
  await fs.promises.unlink(file);
  return 'done';
};

// clean of: tmp-growth
exports.clean_report_deleted = async (event) => {
  const file = inTmp(`report-${event.number}.pdf`);
  await fs.promises.writeFile(file, Buffer.alloc(event.rows * 100));
  await fs.promises.rm(file);
  return true;
};

// clean of: tmp-growth
exports.clean_folder_removed = async () => {
  const folder = await fs.promises.mkdtemp(inTmp('profile-'));
  try {
    await fs.promises.writeFile(path.join(folder, 'Cookies'), 'x'.repeat(1000));
    return fs.readdirSync(folder).length;
  } finally {
    await fs.promises.rm(folder, { recursive: true, force: true });
  }
};

// clean of: tmp-growth
exports.clean_same_file_rewritten = async (event) => {
  await fs.promises.writeFile(inTmp('latest.json'), 'x'.repeat(event.rows * 10));
  return true;
};

// clean of: tmp-growth
exports.clean_renamed_into_place = async (event) => {
  const part = inTmp(`state-${event.number}.part`);
  await fs.promises.writeFile(part, event.customer.padEnd(40));
  await fs.promises.rename(part, inTmp('state.json'));
  return true;
};

// clean of: tmp-growth
exports.clean_binary_unpacked_once = async () => {
  const file = inTmp('chromium');
  if (!fs.existsSync(file)) fs.writeFileSync(file, Buffer.alloc(300000), { mode: 0o755 });
  return fs.statSync(file).size;
};

// clean of: tmp-growth
exports.clean_child_cleans_up = async (event) => {
  execFileSync('sh', ['-c', `echo x > $TMPDIR/page-${event.number}.html; rm $TMPDIR/page-${event.number}.html`]);
  return true;
};
