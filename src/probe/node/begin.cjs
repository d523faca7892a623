'use strict';
// Where the probe begins: idle until this process asks the Runtime API for its next invocation. It keeps no handle open.

const { meet } = require('./rendezvous.cjs');
const { Session } = require('./session.cjs');

// `api`: HOST:PORT. `library`: the path by which libcleanslate is preloaded.
function begin(api, library) {
  const session = new Session(library, [process.env.LAMBDA_TASK_ROOT, process.cwd()]);
  meet(api, (request) => session.look(request));
}

module.exports = { begin };
