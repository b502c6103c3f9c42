import { relative, resolve } from 'node:path'

/** Sources do not build. The message has a line for each error, with file, line and reason. */
export class BuildError extends Error {}

interface EsbuildMessage {
  readonly text: string
  readonly location: { readonly file: string; readonly line: number; readonly column: number } | null
}

/**
 * Turns esbuild's failure into a BuildError with paths relative to the working directory; returns other errors unchanged.
 *
 * @param directory base of the paths in esbuild's messages
 */
export function toBuildError(error: unknown, logicalId: string, directory: string): unknown {
  const { errors } = error as { errors?: readonly EsbuildMessage[] }
  if (!Array.isArray(errors)) return error
  const lines = errors.map(({ text, location }: EsbuildMessage) => {
    if (!location) return `${logicalId}: ${text}`
    const path = relative(process.cwd(), resolve(directory, location.file))
    return `${logicalId}: ${path}:${location.line}:${location.column}: ${text}`
  })
  return new BuildError(lines.join('\n'), { cause: error })
}
