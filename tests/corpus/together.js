// together.py for Node.
const cases = process.env.TOGETHER.split(';').flatMap((part) => {
  const [file, ...functions] = part.split(':');
  const module = require(file);
  return functions.map((name) => module[name]);
});

exports.handler = async (event, context) => {
  for (const one of cases) {
    try {
      await one(event, context);
    } catch (error) {
      if (process.env.TOGETHER_ERRORS !== 'expected') throw error;
    }
  }
  return {};
};
