const fs = require('fs');
const os = require('os');
const path = require('path');

const inTmp = (name) => path.join(os.tmpdir(), name);

// expect: tmp-residue *latest.csv
exports.leaky_same_file_rewritten = async (event) => fs.writeFileSync(inTmp('latest.csv'), event.customer);

// expect: tmp-residue *tenants*
// with: events=rotating
exports.leaky_file_by_tenant = async (event) => {
  await fs.promises.mkdir(inTmp('tenants'), { recursive: true });
  await fs.promises.writeFile(inTmp(`tenants/${event.tenant}`), event.token);
};

// expect: tmp-residue *session.lock
exports.leaky_lock_left = async () => fs.closeSync(fs.openSync(inTmp('session.lock'), 'w'));

// clean of: tmp-residue
exports.clean_file_deleted = async (event) => {
  fs.writeFileSync(inTmp('latest.csv'), event.customer);
  fs.unlinkSync(inTmp('latest.csv'));
};

// clean of: tmp-residue
exports.clean_folder_deleted = async (event) => {
  const folder = await fs.promises.mkdtemp(inTmp('work-'));
  await fs.promises.writeFile(path.join(folder, event.tenant), event.token);
  await fs.promises.rm(folder, { recursive: true });
};

// clean of: tmp-residue
exports.clean_only_read = async () => fs.readdirSync(os.tmpdir()).length;
