// together.py for Node.
const [file, ...functions] = process.env.TOGETHER.split(':');
const cases = require(file);

exports.handler = async (event, context) => {
  for (const name of functions) {
    try {
      await cases[name](event, context);
    } catch (error) {
      if (process.env.TOGETHER_ERRORS !== 'expected') throw error;
    }
  }
  return {};
};
