'use strict';
// The text of the program's own modules: where a name is declared, whether a name or a text is written in it at all (what
// isn't may be data, and is never told), and whether the code that fills a container also takes out of it. Bounded in
// files, in bytes, and in bytes read in one look.

const fs = require('node:fs');
const path = require('node:path');
const {
  OwnMap, OwnSet, RegExp, charCode, exec, imul, includes, indexOf, push, slice, startsWith,
} = require('./builtins.cjs');

const { isName } = require('./event_values.cjs');

const { readFileSync, statSync, realpathSync } = fs;
const MOST_FILES = 256;
const MOST_BYTES = 8 << 20;
const MOST_BYTES_A_FILE = 4 << 20;
const MOST_BYTES_A_LOOK = 2 << 20;
const LARGE = 1 << 19; // a source in which not every question is asked
const MOST_WORDS = 1 << 17;
const MOST_SEARCHED = 4 << 20; // bytes a look
const EXTENSION = /\.[cm]?[jt]sx?$/;

const isWordUnit = (unit) =>
  (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || (unit >= 48 && unit <= 57) || unit === 95 || unit === 36;

const pattern = (name) => {
  let escaped = '';
  for (let i = 0; i < name.length; i++) escaped += isWordUnit(charCode(name, i)) && name[i] !== '$' ? name[i] : `\\${name[i]}`;
  return escaped;
};

// Calls visit(mark) for each word of a text.
function eachWord(text, visit) {
  let mark = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = charCode(text, at);
    if (isWordUnit(unit)) {
      mark = step(mark, unit);
    } else if (mark !== 0) {
      visit(mark & 0x3fffffff);
      mark = 0;
    }
  }
  if (mark !== 0) visit(mark & 0x3fffffff);
}

const step = (mark, unit) => imul((mark === 0 ? 0x9e3779b1 : mark) ^ unit, 0x85ebca6b) ^ (mark >>> 15) | 1;

// Thrown when the look's time is over.
class Out {}

const DECLARATION =
  /(?:^|[^\w$.])(?:const|let|var|class|function)\s*\*?\s+([\w$]+)|(?:exports\s*\.|this\s*\.|static\s)\s*([\w$]+)\s*=(?![=>])|(?:^|[^\w$.])(#?[A-Za-z_$][\w$]*)\s*=(?![=>])/g;
const RECORD = /^\s*(?:[=:]\s*)?\{\s*(?:\/\/[^\n]*\s*|\/\*[^]*?\*\/\s*)*[\w$'"[]/;
const A_PIECE = 1 << 17;

class Source {
  constructor(file, name, text) {
    this.file = file; // as reports show it: below the root
    this.name = name; // what its variables' names begin with
    this.text = text;
    this.lines = null;
    this.declared = new OwnMap(); // name -> { offset, behind, rank }
    this.read = 0; // of the text, for declarations
    this.imported = null;
    this.requires = null;
  }

  startsOfLines() {
    if (this.lines === null) {
      this.lines = [0];
      for (let at = indexOf(this.text, '\n'); at >= 0; at = indexOf(this.text, '\n', at + 1)) push(this.lines, at + 1);
    }
    return this.lines;
  }

  lineAt(offset) {
    const starts = this.startsOfLines();
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  get isReady() {
    return this.read >= this.text.length;
  }

  // Reads on for declarations: a piece of the text.
  readOn(addWord) {
    let end = this.text.length;
    if (this.read + A_PIECE < end) {
      const newline = indexOf(this.text, '\n', this.read + A_PIECE);
      end = newline < 0 ? end : newline + 1;
    }
    const piece = slice(this.text, this.read, end);
    DECLARATION.lastIndex = 0;
    for (let match = exec(DECLARATION, piece); match !== null; match = exec(DECLARATION, piece)) {
      const name = match[1] ?? match[2] ?? match[3];
      const rank = match[1] !== undefined ? 0 : match[2] !== undefined ? 1 : 2;
      const known = this.declared.get(name);
      if (known !== undefined && known.rank <= rank) continue;
      const behind = this.read + match.index + match[0].length;
      // The form ends behind the name, or behind the sign of equality.
      this.declared.set(name, { offset: behind - name.length - 1, behind, rank });
    }
    eachWord(piece, addWord);
    this.read = end;
  }

  // { line, record, declared }: where the name is declared, or first written, and whether it is bound to a literal
  // object that has members.
  declaration(name) {
    const found = this.declared.get(name);
    if (found === undefined) {
      const at = this.text.length > LARGE ? -1 : indexOf(this.text, name);
      return { line: at < 0 ? 0 : this.lineAt(at), record: false, declared: false };
    }
    const record = exec(RECORD, slice(this.text, found.behind, found.behind + 400)) !== null;
    return { line: this.lineAt(found.offset), record, declared: true };
  }

  // Where listeners of an event are added.
  listening(event) {
    const match = exec(new RegExp(`(?:on|once|\\w+Listener)\\(\\s*['"\`]${pattern(event)}['"\`]`), this.text);
    return { line: match === null ? 0 : this.lineAt(match.index), record: false, declared: match !== null };
  }

  // Whether a name of the top level means the same for good: a constant, declared where a line begins, and no variable of
  // the same name anywhere.
  isConstant(name) {
    const word = pattern(name);
    if (exec(new RegExp(`^(?:export\\s+)?const\\s+${word}(?![\\w$])`, 'm'), this.text) === null) return false;
    return exec(new RegExp(`(?:let|var)\\s+${word}(?![\\w$])|,\\s*${word}\\s*=(?!=)`), this.text) === null;
  }

  // Whether the code that uses this name also looks at its size and takes out of it.
  evicts(name) {
    const word = `(?<![\\w$])${pattern(name)}`;
    const asks = new RegExp(`${word}\\s*\\??\\.\\s*(?:size|length)(?![\\w$])|keys\\(\\s*(?:this\\s*\\.\\s*)?${pattern(name)}\\s*\\)`);
    if (exec(asks, this.text) === null) return false;
    const takes = new RegExp(
      `${word}\\s*\\??\\.\\s*(?:delete|shift|splice|pop|clear)\\s*\\(|delete\\s+(?:this\\s*\\.\\s*)?${pattern(name)}\\s*\\[|` +
        `${word}\\s*\\.\\s*length\\s*=(?!=)|${word}\\s*=\\s*(?:this\\s*\\.\\s*)?${pattern(name)}\\s*\\.\\s*(?:slice|filter)\\s*\\(`,
    );
    return exec(takes, this.text) !== null;
  }

  // Whether this text of a function is written here, at this line (counted from 0; -1: anywhere).
  contains(text, line) {
    const head = slice(text, 0, 300);
    if (line < 0) return includes(this.text, head);
    const starts = this.startsOfLines();
    if (line >= starts.length) return false;
    const newline = indexOf(head, '\n');
    const first = newline < 0 ? head : slice(head, 0, newline);
    const at = indexOf(this.text, head, starts[line]);
    return at >= 0 && (line + 1 >= starts.length || at < starts[line + 1]) && first.length > 0;
  }

  lineOfText(text) {
    const at = indexOf(this.text, slice(text, 0, 300));
    return at < 0 ? 0 : this.lineAt(at);
  }

  // The names that are bound to what require() gave.
  required() {
    if (this.requires === null) {
      this.requires = new OwnSet();
      const statement =
        /(?:const|let|var|,)\s*([\w$]+|\{[^}=]*\})\s*=\s*(?:\/\*[^*]*\*\/\s*)?(?:[\w$.]*(?:import|interop|toESM)[\w$]*\(\s*)?require\(/gi;
      for (let match = exec(statement, this.text); match !== null; match = exec(statement, this.text)) {
        const each = /(?:[\w$]+\s*:\s*)?([\w$]+)/g;
        for (let name = exec(each, match[1]); name !== null; name = exec(each, match[1])) this.requires.add(name[1]);
      }
    }
    return this.requires;
  }

  // The local names of what an ES module imports.
  imports() {
    if (this.imported === null) {
      this.imported = new OwnSet();
      const statement = /(?:^|[;\n}])\s*import\s*([^'"();]*?)\s*from\s*['"]/g;
      for (let match = exec(statement, this.text); match !== null; match = exec(statement, this.text)) {
        const each = /(?:[\w$*]+\s+as\s+)?([\w$]+)/g;
        for (let name = exec(each, match[1]); name !== null; name = exec(each, match[1])) this.imported.add(name[1]);
      }
    }
    return this.imported;
  }
}

class Sources {
  constructor(roots) {
    this.roots = [];
    for (let i = 0; i < roots.length; i++) this.addRoot(roots[i]);
    this.files = new OwnMap(); // path -> Source, or null: can't be read
    this.all = [];
    this.bytes = 0;
    this.left = 0;
    this.words = new OwnSet(); // marks of the words of the code
    this.addWord = (mark) => {
      if (this.words.size < MOST_WORDS) this.words.add(mark);
    };
  }

  addRoot(root) {
    if (typeof root !== 'string' || root === '' || root === '/') return;
    const forms = [path.resolve(root)];
    try {
      const real = realpathSync(root);
      if (real !== forms[0]) push(forms, real);
    } catch {
      // as it is written
    }
    for (let i = 0; i < forms.length; i++) {
      if (forms[i] !== '/') push(this.roots, `${forms[i]}/`);
    }
  }

  begin() {
    this.left = MOST_BYTES_A_LOOK;
    this.searched = 0;
    this.scanned = 0;
    this.toRead = 4 * A_PIECE;
  }

  // The path below the root of a module of the program's own; undefined for libraries and what isn't below it.
  below(file) {
    for (let i = 0; i < this.roots.length; i++) {
      if (!startsWith(file, this.roots[i])) continue;
      const rest = slice(file, this.roots[i].length);
      return includes(`/${rest}`, '/node_modules/') ? undefined : rest;
    }
    return undefined;
  }

  isOurs(file) {
    return this.below(file) !== undefined && exec(EXTENSION, file) !== null;
  }

  // The source of a module of the program's own, or null. undefined: not in this look.
  of(file) {
    const known = this.files.get(file);
    if (known !== undefined) return known;
    const below = this.below(file);
    if (below === undefined) return null;
    if (this.all.length >= MOST_FILES || this.bytes >= MOST_BYTES) return null;
    let text = null;
    try {
      const { size } = statSync(file);
      if (size <= MOST_BYTES_A_FILE) {
        if (size > this.left && this.left < MOST_BYTES_A_LOOK) return undefined;
        this.left -= size;
        text = readFileSync(file, 'utf8');
      }
    } catch {
      text = null;
    }
    if (text === null) {
      this.files.set(file, null);
      return null;
    }
    const match = exec(EXTENSION, below);
    const source = new Source(below, match === null ? below : slice(below, 0, match.index), text);
    this.files.set(file, source);
    push(this.all, source);
    this.bytes += text.length;
    return source;
  }

  // Whether a name is written in the program's own code.
  knows(word) {
    if (!isName(word) || includes(word, '-')) return false;
    let known = false;
    eachWord(word, (mark) => {
      known = this.words.has(mark);
    });
    return known;
  }

  // Each look searches so many bytes of code.
  scan(bytes) {
    if (this.scanned > MOST_SEARCHED) throw new Out();
    this.scanned += bytes;
  }

  // Whether the declarations of a source are known.
  isReady(source) {
    while (!source.isReady && this.toRead > 0) {
      const before = source.read;
      source.readOn(this.addWord);
      this.toRead -= source.read - before;
    }
    return source.isReady;
  }

  readAll() {
    for (let i = 0; i < this.all.length; i++) this.isReady(this.all[i]);
  }

  // Whether a text stands in the code as a literal, or is a name there.
  spells(text) {
    if (text.length > 64 || this.searched > MOST_SEARCHED) return false;
    this.searched += 3 * this.bytes;
    for (let i = 0; i < this.all.length; i++) {
      const code = this.all[i].text;
      if (includes(code, `'${text}'`) || includes(code, `"${text}"`) || includes(code, `\`${text}\``)) return true;
    }
    return false;
  }

  // The source that declares a name: this one, if it does, or the first of the others that does.
  declaring(source, word) {
    if (source.declaration(word).declared) return source;
    for (let i = 0; i < this.all.length; i++) {
      if (this.all[i].declaration(word).declared) return this.all[i];
    }
    return source;
  }

  // The source that has this function's text.
  holding(text, line) {
    this.scan(this.bytes / 8); // long texts are searched for in leaps
    for (let i = 0; i < this.all.length; i++) {
      if (this.all[i].contains(text, line)) return this.all[i];
    }
    return null;
  }

  // The path of a module that is known by its URL.
  static pathOf(url) {
    if (!startsWith(url, 'file://')) return url;
    const query = indexOf(url, '?');
    const bare = slice(url, 7, query < 0 ? url.length : query);
    try {
      return decodeURIComponent(bare);
    } catch {
      return bare;
    }
  }
}

module.exports = { LARGE, Out, Sources };
