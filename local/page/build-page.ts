import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

/** The page as one document, and the parts that its security policy names by hash. */
export interface Page {
  readonly html: string
  readonly script: string
  readonly style: string
}

const SOURCES = join(import.meta.dirname, 'src')

/** Builds the page: one HTML document with its script and style inside, which loads nothing else. */
export async function buildPage(): Promise<Page> {
  const { outputFiles } = await build({
    entryPoints: [join(SOURCES, 'main.tsx'), join(SOURCES, 'style.css')],
    bundle: true,
    minify: true,
    write: false,
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
  const frame = await readFile(join(SOURCES, 'index.html'), 'utf8')
  const html = frame.replace('/* style */', () => style).replace('/* script */', () => script)
  return { html, script, style }
}
