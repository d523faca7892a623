'use strict';
// The values of the window's events, to be found again in what variables hold: texts of 8 units and more, those of JSON
// inside texts too, and numbers of 4 digits and more, each with its field: "event.user.token", "event.items[2].id".
// A member's name that may itself be data is written as "*". Bounded.

const { OwnMap, charCode, descriptor, exec, includes, isArray, keysOf, parse, push } =
  require('./builtins.cjs');

const SHORTEST = 8;
const MOST = 4096;
const MOST_UNITS = 1 << 20;
const DEEPEST = 32;
const SEARCHES = 20000; // a look; what comes after is only compared as a whole
const NAME = /^[A-Za-z_$][\w$-]{0,63}$/;
const MANY_DIGITS = /\d.*\d.*\d.*\d.*\d.*\d/;

const isName = (key) => exec(NAME, key) !== null && exec(MANY_DIGITS, key) === null;

class EventValues {
  constructor() {
    this.texts = new OwnMap(); // text -> its first field
    this.numbers = new OwnMap();
    this.units = 0;
    this.list = [];
    this.searches = SEARCHES;
  }

  get empty() {
    return this.list.length === 0 && this.numbers.size === 0;
  }

  // Takes in one event. What is no JSON is one text.
  add(json) {
    let value = json;
    try {
      value = parse(json);
    } catch {
      // as it is
    }
    this.take('event', value, 0);
  }

  take(field, value, depth) {
    if (this.list.length >= MOST || this.units >= MOST_UNITS || depth > DEEPEST) return;
    if (typeof value === 'number') {
      if ((value >= 1000 || value <= -1000) && !this.numbers.has(value)) this.numbers.set(value, field);
    } else if (typeof value === 'string') {
      this.takeText(field, value, depth);
    } else if (isArray(value)) {
      for (let i = 0; i < value.length && this.list.length < MOST; i++) this.take(`${field}[${i}]`, value[i], depth + 1);
    } else if (typeof value === 'object' && value !== null) {
      const keys = keysOf(value);
      for (let i = 0; i < keys.length && this.list.length < MOST; i++) {
        const key = keys[i];
        this.take(`${field}.${isName(key) ? key : '*'}`, descriptor(value, key).value, depth + 1);
      }
    }
  }

  takeText(field, text, depth) {
    if (text.length < SHORTEST) return;
    const first = charCode(text, 0);
    if (first === 0x7b || first === 0x5b) {
      try {
        const inner = parse(text);
        if (typeof inner === 'object' && inner !== null) this.take(field, inner, depth + 1);
      } catch {
        // a text like others
      }
    }
    if (this.texts.has(text)) return;
    this.texts.set(text, field);
    this.units += text.length;
    push(this.list, text);
  }

  // Appends the fields whose texts stand in `text`.
  find(text, held) {
    if (text.length < SHORTEST) return;
    const field = this.texts.get(text);
    if (field !== undefined) note(held, field, false);
    for (let i = 0; i < this.list.length; i++) {
      if (this.within(text, this.list[i])) note(held, this.texts.get(this.list[i]), false);
    }
  }

  findNumber(value, held) {
    const field = this.numbers.get(value);
    if (field !== undefined) note(held, field, true);
  }

  // Whether a key is made of one of the event's values: one that only this request would look up.
  holds(key) {
    if (typeof key === 'number') return this.numbers.has(key);
    if (typeof key !== 'string') return false;
    return this.holdsText(key) || (key.length >= 4 && key.length <= 16 && this.numbers.has(+key));
  }

  holdsText(text) {
    if (text.length < SHORTEST) return false;
    if (this.texts.has(text)) return true;
    for (let i = 0; i < this.list.length; i++) {
      if (this.within(text, this.list[i])) return true;
    }
    return false;
  }

  within(text, value) {
    return value.length < text.length && this.searches-- > 0 && includes(text, value);
  }
}

function note(held, field, number) {
  for (let i = 0; i < held.length; i++) {
    if (held[i].field === field) return;
  }
  push(held, { field, number });
}

module.exports = { EventValues, isName };
