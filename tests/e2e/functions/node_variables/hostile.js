'use strict';
// What a probe must leave alone: worker threads, children, the program's own inspector.
const { execFileSync } = require('node:child_process');
const { Session } = require('node:inspector');
const { Worker } = require('node:worker_threads');

exports.workers = async () => {
  const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
  await new Promise((done) => worker.once('online', done));
  worker.unref();
};

// Modules of the probe that a child can see, those in its main module's folder, and that it works.
const QUESTION = `
const ours = Object.keys(require.cache).filter((file) => file.includes('cleanslate-node'));
console.log(ours.length, module.children.length, 'ok');
`;

exports.child = async () => execFileSync(process.execPath, ['-e', QUESTION], { encoding: 'utf8' }).trim();

const session = new Session();

exports.session = async () => {
  session.connect();
  await new Promise((done) => session.post('Debugger.enable', done));
  const answer = await new Promise((done, failed) =>
    session.post('Runtime.evaluate', { expression: '6 * 7' }, (error, { result }) => (error ? failed(error) : done(result.value))));
  session.disconnect();
  return answer;
};
