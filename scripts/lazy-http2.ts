import type { Plugin } from 'esbuild'

/**
 * Plugin that makes the SDK load `node:http2` when it is used. The SDK's clients import their handler for HTTP/2 in any case,
 * but the stack uses it only for speech.
 */
export const lazyHttp2: Plugin = {
  name: 'lazy-http2',
  setup(build) {
    build.onResolve({ filter: /^node:http2$/ }, ({ importer }) =>
      /[\\/]node_modules[\\/]@smithy[\\/]/.test(importer) ? { path: 'http2', namespace: 'lazy-http2' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'lazy-http2' }, () => ({ contents: MODULE }))
  },
}

/** The two members that the SDK uses. It reads `constants` at once, and their values when it is used. */
const MODULE = `
const load = () => process.getBuiltinModule('node:http2')
const constants = new Proxy({}, { get: (_, name) => load().constants[name] })
export default { constants, connect: (...options) => load().connect(...options) }
`
