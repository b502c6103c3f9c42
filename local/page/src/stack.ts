import type { Definition } from '../../workflow/definition/definition.ts'

/** What GET /_local/stack tells, or what holds for a page that is not served locally. */
export interface Stack {
  readonly isLocal: boolean
  readonly auth: string
  readonly region: string
  readonly isEmulated: boolean
  readonly bucket: string | undefined
  readonly stateMachines: readonly { readonly name: string; readonly type: string; readonly definition: Definition }[]
}
