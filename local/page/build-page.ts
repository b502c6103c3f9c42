import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

export interface Page {
  /** The page as one document. */
  readonly html: string
  /** Security policy of the page, but for `connect-src`, which its server adds. */
  readonly policy: string
  /** Absolute paths of the sources. */
  readonly inputs: readonly string[]
}

const SOURCES = join(import.meta.dirname, 'src')
const FRAME = join(SOURCES, 'index.html')

/** Builds the page: one HTML document with its script and style inside, which loads nothing else. */
export async function buildPage(): Promise<Page> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(SOURCES, 'main.tsx'), join(SOURCES, 'style.css')],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    absWorkingDir: SOURCES,
    outdir: SOURCES,
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
  })
  const outputOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? ''
  // The end tag of a script is recognized in its strings, too.
  const script = outputOf('.js').trim().replaceAll('</script', '<\\/script')
  const style = outputOf('.css').trim()
  const frame = await readFile(FRAME, 'utf8')
  return {
    html: frame.replace('/* style */', () => style).replace('/* script */', () => script),
    policy: writePolicy(script, style),
    inputs: [FRAME, ...Object.keys(metafile.inputs).map((input) => resolve(SOURCES, input))],
  }
}

/** A policy that allows only this script and this style. */
function writePolicy(script: string, style: string): string {
  const rules = [
    "default-src 'none'",
    `script-src ${hashSource(script)}`,
    `style-src ${hashSource(style)}`,
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return rules.join('; ')
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
