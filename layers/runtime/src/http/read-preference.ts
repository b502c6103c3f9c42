/** A caller's preference. Source: RFC 7240, sections 4.1 (respond-async) and 4.3 (wait). */
export interface AsyncPreference {
  /** Milliseconds that the caller is ready to wait for the answer. */
  readonly waitMs: number
}

/** @returns undefined for a `Prefer` header without `respond-async` */
export function readPreference(prefer: string | undefined): AsyncPreference | undefined {
  const preferences = (prefer ?? '').split(/[,;]/).map((preference) => preference.trim().toLowerCase())
  if (!preferences.includes('respond-async')) return undefined
  const wait = preferences.map((preference) => /^wait\s*=\s*"?(\d+)"?$/.exec(preference)?.[1]).find(Boolean)
  return { waitMs: 1000 * Number(wait ?? 0) }
}
