// Jest's TypeScript transform. It uses the esbuild of the bundles, so that no second compiler must be installed.
const { createHash } = require('node:crypto')
const { readFileSync } = require('node:fs')
const { transformSync, version } = require('esbuild')

const key = createHash('sha256').update(readFileSync(__filename)).update(version).digest('hex')

module.exports = {
  getCacheKey: (source, path) => createHash('sha256').update(key).update(path).update(source).digest('hex'),
  process: (source, path) =>
    transformSync(source, {
      loader: 'ts',
      format: 'cjs',
      target: 'node22',
      // Jest runs CommonJS: import() is require() here, as in the built layer.
      supported: { 'dynamic-import': false },
      sourcefile: path,
      sourcemap: 'inline',
      define: {
        'import.meta.dirname': '__dirname',
        'import.meta.filename': '__filename',
        // Jest's modules are CommonJS, and none is the program's entry.
        'import.meta.main': 'false',
      },
    }),
}
