import type { ObjectStore } from './object-store.ts'

export type StoreLoader = () => Promise<ObjectStore>

/** Creates the store of a bucket on first use, so that a cold start without S3 does not load the S3 client. */
export function createStoreLoader(bucket: string): StoreLoader {
  let loading: Promise<ObjectStore> | undefined
  return () => {
    loading ??= import('./object-store.ts').then(({ createObjectStore }) => createObjectStore(bucket))
    return loading
  }
}
