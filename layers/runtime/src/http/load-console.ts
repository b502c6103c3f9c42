import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The page of GET /console. */
export interface ConsolePage {
  /** Value of the header ETag. */
  readonly etag: string
  /** Security policy, but for `connect-src`. */
  readonly policy: string
  /** Document, compressed, in base64. */
  readonly gzip: string
}

/** Loads the page, which the build of the layer puts beside its modules. */
export async function loadConsole(): Promise<ConsolePage> {
  return JSON.parse(await readFile(join(import.meta.dirname, 'console.json'), 'utf8'))
}
