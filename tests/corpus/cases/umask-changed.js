const fs = require('fs');
const os = require('os');
const path = require('path');
const { execFileSync } = require('child_process');

const secret = () => path.join(os.tmpdir(), 'secret');

// expect: umask-changed
exports.leaky_private_file = async (event) => {
  process.umask(0o077);
  fs.writeFileSync(secret(), event.token);
  fs.unlinkSync(secret());
};

// expect: umask-changed
// with: events=rotating
exports.leaky_as_the_tenant_wants = async (event) => {
  process.umask({ acme: 0o027, globex: 0o077, initech: 0o002 }[event.tenant]);
};

// expect: umask-changed
exports.leaky_as_daemons_do = async () => {
  process.umask(0);
};

// expect: umask-changed
// with: n=40
exports.leaky_early_return = async (event) => {
  const before = process.umask(0o077);
  if (event.number % 4 === 3) return 'nothing to do';
  process.umask(before);
  return 'done';
};

// clean of: umask-changed
exports.clean_put_back_in_a_finally = async (event) => {
  const before = process.umask(0o077);
  try {
    fs.writeFileSync(secret(), event.token);
    fs.unlinkSync(secret());
  } finally {
    process.umask(before);
  }
};

// clean of: umask-changed
exports.clean_mode_of_one_file = async (event) => {
  await fs.promises.writeFile(secret(), event.token, { mode: 0o600 });
  await fs.promises.unlink(secret());
};

// clean of: umask-changed
exports.clean_only_asked = async () => process.umask();

// clean of: umask-changed
exports.clean_only_the_childs = async () => execFileSync('sh', ['-c', 'umask 027; umask']).toString();
