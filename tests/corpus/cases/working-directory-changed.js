const fs = require('fs');
const os = require('os');
const path = require('path');
const { execFileSync } = require('child_process');

// expect: working-directory-changed
exports.leaky_into_tmp_because_it_is_writable = async () => {
  process.chdir(os.tmpdir());
  return process.cwd();
};

// expect: working-directory-changed
// also: tmp-growth
exports.leaky_into_a_new_folder = async (event) => {
  const folder = path.join(os.tmpdir(), `build-${event.number}`);
  fs.mkdirSync(folder);
  process.chdir(folder);
  return process.cwd();
};

// expect: working-directory-changed
// with: events=rotating
exports.leaky_into_the_tenants_folder = async (event) => {
  const folder = path.join(os.tmpdir(), event.tenant);
  fs.mkdirSync(folder, { recursive: true });
  process.chdir(folder);
  return process.cwd();
};

const root = process.cwd();

// expect: working-directory-changed
// with: n=40 errors=expected
exports.leaky_error_on_the_way_back = async (event) => {
  process.chdir(os.tmpdir());
  if (event.number % 4 === 3) throw new Error('the build failed');
  process.chdir(root);
};

// clean of: working-directory-changed
// with: errors=expected
exports.clean_back_in_a_finally = async (event) => {
  const before = process.cwd();
  process.chdir(os.tmpdir());
  try {
    if (event.number % 3 === 0) throw new Error('the build failed');
    return 'done';
  } finally {
    process.chdir(before);
  }
};

// clean of: working-directory-changed
exports.clean_only_the_childs = async () => execFileSync('pwd', { cwd: os.tmpdir() }).toString();

let moved = false;

// clean of: working-directory-changed
// with: kept=once
exports.clean_moved_by_the_first_call = async () => {
  if (!moved) process.chdir(os.tmpdir());
  moved = true;
  return process.cwd();
};

// clean of: working-directory-changed
exports.clean_paths_put_together = async () => fs.readdirSync(path.join(process.cwd(), '..')).length;
