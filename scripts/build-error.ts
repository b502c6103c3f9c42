import { relative, resolve } from 'node:path'

/** Sources that do not build; the message says where and why, a line for each place. */
export class BuildError extends Error {}

interface EsbuildMessage {
  readonly text: string
  readonly location: { readonly file: string; readonly line: number; readonly column: number } | null
}

/**
 * esbuild's failure as a BuildError, with paths from where the user is; any other error as it is.
 *
 * @param directory where the paths in esbuild's messages start
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
