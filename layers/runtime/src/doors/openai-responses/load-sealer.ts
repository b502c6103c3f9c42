import { randomBytes } from 'node:crypto'
import type { ObjectStore } from '../../core/object-store.ts'
import { createSealer, type Sealer } from './seal-reasoning.ts'

/** Key of the object with the secret that seals reasoning. No lifecycle rule deletes it: sealed reasoning must come back. */
export const SECRET_KEY = 'secrets/reasoning'

const SECRET_BYTES = 32

/**
 * Loads the stack's sealer. Its secret is made with the first use: of several functions that start at once, the first to write
 * wins.
 */
export async function loadSealer(store: ObjectStore): Promise<Sealer> {
  const location = { bucket: store.bucket, key: SECRET_KEY }
  const known = await store.get(location)
  if (known) return createSealer([Buffer.from(known.body).toString()])
  await store.putNew(location, Buffer.from(randomBytes(SECRET_BYTES).toString('base64')))
  const written = await store.get(location)
  if (!written) throw new Error('the secret that seals reasoning could not be read')
  return createSealer([Buffer.from(written.body).toString()])
}
