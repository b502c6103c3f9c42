// Runs packs of a layer as a cold start does, and writes V8's code cache of each beside it.
const { readFileSync, writeFileSync } = require('node:fs')
const Module = require('node:module')
const { dirname } = require('node:path')
const { Script } = require('node:vm')

for (const pack of process.argv.slice(2)) {
  const script = new Script(Module.wrap(readFileSync(pack, 'utf8')), { filename: pack })
  const module = new Module(pack)
  script.runInThisContext()(module.exports, Module.createRequire(pack), module, pack, dirname(pack))
  writeFileSync(`${pack}.${process.version}-${process.arch}.cache`, script.createCachedData())
  // The next pack has the same files. Only files that it runs are in its cache.
  for (const path of Object.keys(require.cache)) {
    if (path.startsWith(dirname(pack))) delete require.cache[path]
  }
}
// Clients of a pack may hold the process.
process.exit(0)
