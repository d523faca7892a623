'use strict';
// Marks of texts and numbers: 52 bits of a hash under a seed of this process. A long text counts by its length and
// by samples; a very long one by its length alone, because to read it would make one piece out of what V8 keeps in many.

const { charCode, imul } = require('./builtins.cjs');

const WHOLE = 256; // a text of so many units counts with all of them
const LONGEST = 1 << 20;
const MODULUS = 2 ** 52;

const [seconds, nanoseconds] = process.hrtime();
const seed = imul(nanoseconds ^ imul(seconds, 0x9e3779b1), 0x85ebca6b) ^ imul(process.pid, 0xc2b2ae35);

const finish = (a, b) => {
  a = imul(a ^ (a >>> 16), 0x85ebca6b) ^ imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = imul(b ^ (b >>> 16), 0x85ebca6b) ^ imul(a ^ (a >>> 13), 0xc2b2ae35);
  return (b & 0xfffff) * 0x100000000 + (a >>> 0);
};

function markOfText(text) {
  const length = text.length;
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ imul(length + 1, 0x9e3779b1);
  if (length > LONGEST) return finish(a, b);
  const step = length <= WHOLE ? 1 : length / WHOLE;
  for (let at = 0; at < length; at += step) {
    const unit = charCode(text, at | 0);
    a = imul(a ^ unit, 2654435761);
    b = imul(b ^ unit, 1597334677);
  }
  if (length > WHOLE) {
    for (let at = length - 32; at < length; at++) {
      const unit = charCode(text, at);
      a = imul(a ^ unit, 2654435761);
      b = imul(b ^ unit, 1597334677);
    }
  }
  return finish(a, b);
}

const number = new Float64Array(1);
const halves = new Uint32Array(number.buffer);

function markOfNumber(value) {
  number[0] = value;
  return finish(imul(halves[0] ^ seed, 2654435761) ^ 0x2545f491, imul(halves[1] ^ 0x27d4eb2f, 1597334677));
}

// The mark of several is their sum: in whatever order they stand.
const add = (mark, another) => (mark + another) % MODULUS;

module.exports = { markOfText, markOfNumber, add };
