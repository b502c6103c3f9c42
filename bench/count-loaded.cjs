// Loads the function of a directory as a cold start does and prints the number and size of the stack's files that it loaded.
const { statSync } = require('node:fs')
const { join } = require('node:path')

const [, , directory] = process.argv
globalThis.awslambda = { streamifyResponse: (handler) => handler, HttpResponseStream: { from: (stream) => stream } }
require(join(directory, 'handler.js'))
const roots = [directory, process.env.NODE_PATH]
const files = Object.keys(require.cache).filter((file) => roots.some((root) => file.startsWith(root)))
const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
console.log(JSON.stringify({ files: files.length, bytes }))
// Clients of a function may hold the process.
process.exit(0)
