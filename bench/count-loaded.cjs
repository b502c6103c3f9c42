// Loads the function of a directory as a cold start does and prints the number and size of the files that it
// compiled, and whether it loaded node:http2.
const Module = require('node:module')
const { join } = require('node:path')
const vm = require('node:vm')

const [, , directory] = process.argv
const loaded = { files: 0, bytes: 0 }
function count(code) {
  loaded.files += 1
  loaded.bytes += Buffer.byteLength(code)
}
const compile = Module.prototype._compile
Module.prototype._compile = function countAndCompile(code, ...others) {
  count(code)
  return compile.call(this, code, ...others)
}
// The pack of the layer, if it has a code cache.
vm.Script = class extends vm.Script {
  constructor(code, options) {
    count(code)
    super(code, options)
  }
}
globalThis.awslambda = { streamifyResponse: (handler) => handler, HttpResponseStream: { from: (stream) => stream } }
require(join(directory, 'handler.js'))
const http2 = process.moduleLoadList.includes('NativeModule http2')
console.log(JSON.stringify({ ...loaded, http2 }))
// Clients of a function may hold the process.
process.exit(0)
