// Replaces the native part of aws-lambda-ric, which would compile curl and a C++ client and is not installed.
// Every worker loads it with --require before the runtime interface client and the function.
const { Agent, request } = require('node:http') // Copied: the X-Ray tracer patches http.request later.
const Module = require('node:module')
const { Socket } = require('node:net')

// The supervisor has the other end of descriptor 3 and never writes. Descriptor 3 closes when the supervisor ends for any
// reason, and the worker ends then.
new Socket({ fd: 3 })
  .on('error', () => {})
  .on('close', () => process.exit(1))
  .resume()
  .unref()

const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':')

/** Resolves to {headers, bodyJson}, the shape of the native client. */
function call(method, path, headers = {}, body = '') {
  return new Promise((resolve, reject) => {
    const path2018 = `/2018-06-01/runtime/invocation/${path}`
    const outgoing = request({ agent, hostname, port, method, path: path2018, headers }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => resolve({ headers: response.headers, bodyJson: Buffer.concat(chunks).toString() }))
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

// The native client posts synchronously. Here the next poll waits for the last post. A Runtime API that does not answer
// means that the supervisor has ended.
let posted = Promise.resolve()
function post(path, headers, body) {
  posted = call('POST', path, headers, body).catch(() => process.exit(1))
}

const nativeClient = {
  next: () => posted.then(() => call('GET', 'next')).catch(() => process.exit(1)),
  done: (requestId, body) => post(`${requestId}/response`, { 'content-type': 'application/json' }, body),
  error: (requestId, body) => post(`${requestId}/error`, { 'content-type': 'application/json' }, body),
}

const load = Module._load
Module._load = function loadOrReplace(name, ...others) {
  if (name !== './rapid-client.node') return load.call(this, name, ...others)
  Module._load = load
  return nativeClient
}
