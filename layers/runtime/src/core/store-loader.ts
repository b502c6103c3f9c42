import type { ObjectStore } from './object-store.ts'

export type StoreLoader = () => Promise<ObjectStore>

/** Makes the bucket's store when it is first used: the S3 client is no part of a cold start that does not need it. */
export function createStoreLoader(bucket: string): StoreLoader {
  let loading: Promise<ObjectStore> | undefined
  return () => {
    loading ??= import('./object-store.ts').then(({ createObjectStore }) => createObjectStore(bucket))
    return loading
  }
}
