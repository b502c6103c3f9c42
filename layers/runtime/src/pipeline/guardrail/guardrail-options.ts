import { ConfigurationError } from '../../core/configuration.ts'

export type GuardrailTrace = 'enabled' | 'disabled' | 'enabled_full'
export type StreamProcessingMode = 'sync' | 'async'
/** Values as in account-enforced guardrails. Source: the service model of bedrock, SelectiveContentGuarding. */
export type ContentGuarding = 'COMPREHENSIVE' | 'SELECTIVE'

export interface GuardrailOptions {
  /** Id or ARN. */
  readonly guardrailIdentifier: string
  /** ARN, by which callers may name it, too. */
  readonly guardrailArn?: string | undefined
  /** `DRAFT` or a number. */
  readonly guardrailVersion: string
  /** Default for callers. */
  readonly trace?: GuardrailTrace | undefined
  /** `sync` cannot be changed by callers, since `async` blocks late and masks nothing. `async` is a default for callers. */
  readonly streamProcessingMode?: StreamProcessingMode | undefined
  /**
   * COMPREHENSIVE (the default): the guardrail evaluates all content, and requests that hide content from it are refused.
   * SELECTIVE: callers may mark the content that it evaluates.
   */
  readonly contentGuarding?: ContentGuarding | undefined
  /** COMPREHENSIVE (the default): the guardrail evaluates system prompts, too, unless `contentGuarding` is SELECTIVE. */
  readonly systemGuarding?: ContentGuarding | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Source: the service model of bedrock-runtime 2023-09-30, GuardrailConfiguration. */
const IDENTIFIER = /^(?:[a-z0-9]+|arn:aws(?:-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+)$/
const VERSION = /^(?:[1-9][0-9]{0,7}|DRAFT)$/

/**
 * Reads the stack's guardrail from the environment.
 *
 * @returns undefined without a guardrail
 * @throws ConfigurationError that names the variable
 */
export function readGuardrailOptions(environment: Environment): GuardrailOptions | undefined {
  const guardrailIdentifier = environment.GUARDRAIL_IDENTIFIER
  if (!guardrailIdentifier) return undefined
  const guardrailVersion = environment.GUARDRAIL_VERSION || 'DRAFT'
  requireForm('GUARDRAIL_IDENTIFIER', guardrailIdentifier, IDENTIFIER, "a guardrail's id or ARN")
  requireForm('GUARDRAIL_VERSION', guardrailVersion, VERSION, 'DRAFT or a number')
  const mode = readOne(environment, 'GUARDRAIL_STREAM_MODE', ['sync', 'async', 'caller'])
  return {
    guardrailIdentifier,
    guardrailArn: environment.GUARDRAIL_ARN,
    guardrailVersion,
    trace: readOne(environment, 'GUARDRAIL_TRACE', ['disabled', 'enabled', 'enabled_full']),
    streamProcessingMode: mode === 'caller' ? undefined : mode,
    contentGuarding: readOne(environment, 'GUARDRAIL_CONTENT', ['COMPREHENSIVE', 'SELECTIVE']),
    systemGuarding: readOne(environment, 'GUARDRAIL_SYSTEM_CONTENT', ['COMPREHENSIVE', 'SELECTIVE']),
  }
}

/** Reads one of several values. The first is the default. */
function readOne<const Values extends readonly [string, ...string[]]>(
  environment: Environment,
  name: string,
  values: Values,
): Values[number] {
  const value = environment[name] || values[0]
  if (values.includes(value)) return value
  throw new ConfigurationError(`${name} is "${value}", it must be ${values.join(' or ')}`)
}

function requireForm(name: string, value: string, form: RegExp, what: string): void {
  if (!form.test(value)) throw new ConfigurationError(`${name} is "${value}", it must be ${what}`)
}
