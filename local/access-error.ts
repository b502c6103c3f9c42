const CODES = ['EACCES', 'EPERM', 'EROFS']
const FILE_CODES = ['EEXIST', 'ENOTDIR']

/**
 * Describes in one line, with the remedies, a file that this user cannot write, or one where a directory must be. Returns
 * undefined for any other error.
 */
export function describeAccessError(error: unknown): string | undefined {
  const { code = '', path, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  // A socket's path is in `address`, with the port -1.
  const file = path ?? (port === -1 ? address : undefined)
  if (file === undefined) return undefined
  if (FILE_CODES.includes(code)) return `${file} is not a directory (${code}). Name another one with --state DIRECTORY.`
  if (!CODES.includes(code)) return undefined
  return (
    `${file} cannot be written (${code}). npm start writes to dist/ and .local/ of the checkout: ` +
    'give them to your user, move the state with --state DIRECTORY, or work in a copy of the checkout.'
  )
}
