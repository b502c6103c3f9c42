import type { ObjectStore } from '../../core/object-store.ts'

export type StoreLoader = () => Promise<ObjectStore>

/** The bucket's store, made when it is first used: the S3 client is no part of the cold start of who keeps nothing. */
export function loadStoreOnce(bucket: string): StoreLoader {
  let loading: Promise<ObjectStore> | undefined
  return () => {
    loading ??= import('../../core/object-store.ts').then(({ createObjectStore }) => createObjectStore(bucket))
    return loading
  }
}
