/** A caller's key, without its value. */
export interface StoredKey {
  readonly id: string
  /** Name of the caller. A key and the key that replaced it share the name. */
  readonly name: string
  readonly enabled: boolean
  readonly createdDate: Date | undefined
  /** Limits of the key itself. A deployed key has none, only those of its usage plan. */
  readonly limits?: KeyLimits
}

/** Limits that replace the usage plan's. */
export interface KeyLimits {
  readonly requestsPerSecond?: number
  readonly burst?: number
  /** Requests in one period of the plan, or in a month where the plan has no period. */
  readonly quota?: number
}

/** New key with its value, which is shown only once. */
export interface CreatedKey extends StoredKey {
  readonly value: string
}

/** Store of keys: API Gateway, or the local stack's file. */
export interface KeyStore {
  list(): Promise<readonly StoredKey[]>
  /** Creates an enabled key. */
  create(name: string): Promise<CreatedKey>
  setEnabled(id: string, enabled: boolean): Promise<void>
}

/** Operator's mistake. The message is complete without a stack trace. */
export class KeyCommandError extends Error {}
