'use strict';
// A look as the text that probe/node_probe.cc reads. Written piece by piece: JSON.stringify of an object would ask it, and
// its prototypes, for a toJSON.

const { ceil, join, push, quote, slice, wellFormed } = require('./builtins.cjs');

const MOST_NAME = 160; // of each at most three bytes

function variable({ name, role, before, now }) {
  const holds = [];
  for (let i = 0; i < now.holds.length && i < 64; i++) {
    push(holds, `{"field":${short(now.holds[i].field)},"number":${now.holds[i].number}}`);
  }
  return `{"name":${short(name)},"kind":${short(now.kind)},"file":${short(now.file)},"line":${now.line},"role":"${role}",` +
    `"bound":"${now.bound}","size":${now.size},"entries":${now.entries},"texts":${now.texts},"rest":${now.rest},"object":${now.object},"before":${before},` +
    `"holds":[${join(holds, ',')}]}`;
}

// Half a surrogate pair is no text for others.
const short = (text) => quote(wellFormed(text.length > MOST_NAME ? slice(text, 0, MOST_NAME) : text));

// `took`: milliseconds.
function tell(look, { seen, gone, watched, leftOut, took = 0 }, workers, off) {
  const variables = [];
  for (let i = 0; i < seen.length; i++) push(variables, variable(seen[i]));
  const removed = [];
  for (let i = 0; i < gone.length; i++) push(removed, `{"name":${short(gone[i].name)},"before":${gone[i].before}}`);
  return `{"look":${look},"tookUs":${ceil(took * 1000)},"watched":${watched},"leftOut":${leftOut},"workers":${workers},"off":${quote(off)},` +
    `"seen":[${join(variables, ',')}],"gone":[${join(removed, ',')}]}`;
}

module.exports = { MOST_NAME, tell };
