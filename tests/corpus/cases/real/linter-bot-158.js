// humanmade/linter-bot#158: each pull request's checkout is unpacked into /tmp and stays there, until ENOSPC.
const fs = require('fs');
const os = require('os');
const path = require('path');

async function checkout(event) {
  const folder = path.join(os.tmpdir(), 'repos', event.customer, event.token);
  await fs.promises.mkdir(path.join(folder, 'src'), { recursive: true });
  const files = ['package.json', 'src/index.js', 'src/lint.js'];
  for (const file of files) await fs.promises.writeFile(path.join(folder, file), '{}');
  return folder;
}

// expect: tmp-growth *repos*
exports.leaky_checkout = async (event) => checkout(event);

// clean of: tmp-growth
exports.clean_checkout_removed = async (event) => {
  const folder = await checkout(event);
  await fs.promises.rm(path.join(os.tmpdir(), 'repos'), { recursive: true });
  return folder;
};
