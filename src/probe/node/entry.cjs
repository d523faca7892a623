'use strict';
// Loaded with `node --require` into each Node process that inherits NODE_OPTIONS, so it does next to nothing: the probe
// beside it is loaded only where libcleanslate is preloaded into this very process, in its main thread, and where there is
// a Runtime API to speak to. It never throws into the program and prints nothing. In the words of old versions of Node,
// which must be able to read it too.

var OLDEST = 20; // major versions of Node that the probe knows
var NEWEST = 25;

function isPreloaded(entry) {
  return /(^|\/)libcleanslate[^/]*\.so$/.test(entry);
}

function begin() {
  var environment = process.env;
  var library = (environment.LD_PRELOAD || '').split(/[: ]+/).filter(isPreloaded)[0];
  var probes = (environment.CLEANSLATE_PROBES || 'auto').split(',');
  if (!library || !environment.AWS_LAMBDA_RUNTIME_API || environment.CLEANSLATE === 'off') return;
  if (probes.indexOf('auto') < 0 && probes.indexOf('node') < 0) return;
  var major = parseInt(process.versions.node, 10);
  if (!(major >= OLDEST && major <= NEWEST)) return;
  if (!require('worker_threads').isMainThread) return;
  var probe = require.resolve('./cleanslate-node-probe.cjs');
  require(probe).begin(environment.AWS_LAMBDA_RUNTIME_API, library);
  delete require.cache[probe];
}

try {
  begin();
} catch (error) {
  // The program goes on without us.
}

// Nobody else has to know these modules.
delete require.cache[__filename];
