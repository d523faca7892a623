// together.py for Node.
const fs = require('fs');

const cases = process.env.TOGETHER.split(';').flatMap((part) => {
  const [file, ...functions] = part.split(':');
  const module = require(file);
  return functions.map((name) => ({ run: module[name.replace('!', '')], mayFail: name.endsWith('!') }));
});

exports.handler = async (event, context) => {
  for (const { run, mayFail } of cases) {
    try {
      await run(event, context);
    } catch (error) {
      if (!mayFail) throw error;
    }
  }
  if (event.number >= Number(process.env.LEAKS_FROM)) fs.openSync(process.env.TMPDIR);
  return {};
};
