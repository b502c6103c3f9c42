const CODES = ['EACCES', 'EPERM', 'EROFS']

/** One line about a file that this user cannot write, with the remedies; undefined for any other error. */
export function describeAccessError(error: unknown): string | undefined {
  const { code = '', path, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  // A socket's path is in `address`, with the port -1.
  const file = path ?? (port === -1 ? address : undefined)
  if (!CODES.includes(code) || file === undefined) return undefined
  return (
    `${file} cannot be written (${code}). npm start writes to dist/ and .local/ of the checkout: ` +
    'give them to your user, move the state with --state DIRECTORY, or work in a copy of the checkout.'
  )
}
