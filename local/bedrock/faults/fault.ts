/** A fault for the next calls of an operation, whatever their prompts say. */
export interface Fault {
  /** Such as `ConverseStream`. */
  readonly operation: string
  /** Number of calls; 1 by default. */
  readonly times?: number
  /** Limits the fault to models whose id contains this text. */
  readonly model?: string
  /** Directives by name: `{ error: 'ThrottlingException' }` is `[emulator:error=ThrottlingException]` in a prompt. */
  readonly directives: Readonly<Record<string, string | number>>
}
