/** A caller's key, without its value. */
export interface StoredKey {
  readonly id: string
  /** The caller's; a key and the one that it was rotated to share it. */
  readonly name: string
  readonly enabled: boolean
  readonly createdDate: Date | undefined
  /** Where they are the key's own: a deployed key has its usage plan's alone. */
  readonly limits?: KeyLimits
}

/** In place of the usage plan's. */
export interface KeyLimits {
  readonly requestsPerSecond?: number
  readonly burst?: number
  /** Requests of one period of the plan, a month where it has none. */
  readonly quota?: number
}

/** A new key, the only time that its value is told. */
export interface CreatedKey extends StoredKey {
  readonly value: string
}

/** Where keys are kept: API Gateway, or the local stack's file. */
export interface KeyStore {
  list(): Promise<readonly StoredKey[]>
  /** An enabled key that counts from now on. */
  create(name: string): Promise<CreatedKey>
  setEnabled(id: string, enabled: boolean): Promise<void>
}

/** What an operator asked for cannot be done; the message is all that there is to say. */
export class KeyCommandError extends Error {}
