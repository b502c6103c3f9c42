import type { Lifecycle } from './model.ts'
import resolution from './resolution.json' with { type: 'json' }

/**
 * What resolving a model's id takes of the catalogue, small enough to be there at every cold start. Generated from
 * models.json by `npm run models:refresh`.
 */
export interface Resolution {
  readonly aliases: Readonly<Record<string, readonly string[]>>
  /** Prefixes of profiles by foundation model, `base` among them unless its own id is known not to be called. */
  readonly models: Readonly<Record<string, readonly string[]>>
  /** Of the models that end or have ended. */
  readonly lifecycles: Readonly<Record<string, Lifecycle>>
}

// tests/unit/catalogue/data.test.ts checks that it is one.
export const RESOLUTION = resolution as unknown as Resolution
