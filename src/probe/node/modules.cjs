'use strict';
// Which modules of the program's own are loaded: those of `require` by its cache; those of `import`, of which Node tells
// nobody, by its loader's cache, which a function of Node's keeps in its scope.

const Module = require('node:module');
const { OwnMap, apply, descriptor, keysOf, mapEntries, nextEntry, prototypeOf, push, startsWith, types } = require('./builtins.cjs');
const { Sources } = require('./sources.cjs');

const value = (object, name) => {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null || types.isProxy(object)) return undefined;
  return descriptor(object, name)?.value;
};

const { register } = Module;

class Modules {
  constructor(sources, scopes) {
    this.sources = sources;
    this.scopes = scopes;
    this.loader = undefined;
    this.asked = 0;
    this.namespaces = new OwnMap(); // URL -> namespace, which lives as long as the loader
  }

  // [{ file, exports, namespace }], at most one a file. Bounded by `most`.
  loaded(most) {
    const found = [];
    const files = new OwnMap();
    this.required = 0;
    this.imported = 0;
    const cache = value(Module, '_cache');
    if (cache !== undefined) {
      const keys = keysOf(cache);
      for (let i = 0; i < keys.length; i++) {
        const file = keys[i];
        if (typeof file !== 'string' || !this.sources.isOurs(file)) continue;
        this.required++;
        if (found.length >= most) continue;
        const module = value(cache, file);
        const unit = { file, exports: value(module, 'exports'), namespace: undefined };
        files.set(file, unit);
        push(found, unit);
      }
    }
    this.addImported(found, files, most);
    return found;
  }

  addImported(found, files, most) {
    // Node makes it with the first module that is imported.
    if (this.loader === undefined && (this.asked++ < 4 || this.asked % 8 === 0)) this.loader = findLoader(this.scopes);
    if (this.loader === undefined) return;
    const entries = mapEntries(this.loader);
    for (let entry = nextEntry(entries); !entry.done; entry = nextEntry(entries)) {
      const url = entry.value[0];
      if (typeof url !== 'string' || !startsWith(url, 'file://')) continue;
      const file = Sources.pathOf(url);
      if (!this.sources.isOurs(file)) continue;
      this.imported++;
      const known = files.get(file);
      if (known !== undefined && known.namespace === undefined) continue; // required, and imported too
      if (known === undefined && found.length >= most) continue;
      const namespace = this.namespaceOf(url, entry.value[1]);
      if (namespace === undefined) continue;
      const unit = known ?? { file, exports: undefined, namespace };
      unit.namespace = namespace; // the last one, where a module is imported by several URLs
      if (known === undefined) {
        files.set(file, unit);
        push(found, unit);
      }
    }
  }

  namespaceOf(url, jobs) {
    const known = this.namespaces.get(url);
    if (known !== undefined) return known;
    if (typeof jobs !== 'object' || jobs === null || types.isProxy(jobs)) return undefined;
    const kinds = keysOf(jobs);
    for (let i = 0; i < kinds.length; i++) {
      const wrap = value(value(jobs, kinds[i]), 'module');
      if (wrap === undefined || wrap === null) continue;
      for (let holder = wrap; holder !== null; holder = prototypeOf(holder)) {
        const read = value(holder, 'getNamespace');
        if (typeof read !== 'function') continue;
        try {
          const namespace = apply(read, wrap, []);
          if (types.isModuleNamespaceObject(namespace)) {
            if (this.namespaces.size < 1024) this.namespaces.set(url, namespace);
            return namespace;
          }
        } catch {
          // not linked yet
        }
        break;
      }
    }
    return undefined;
  }
}

function findLoader(scopes) {
  if (typeof register !== 'function') return undefined;
  const seen = scopes.inspect([register])[0];
  for (let i = 0; seen !== null && i < seen.scopes.length; i++) {
    const loader = value(seen.scopes[i].variables, 'cascadedLoader');
    const cache = value(loader, 'loadCache');
    if (types.isMap(cache)) return cache;
  }
  return undefined;
}

module.exports = { Modules, value };
