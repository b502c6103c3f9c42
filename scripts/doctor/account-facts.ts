/** A fact of the account, or why it could not be read. */
export type Fact<Value> = { readonly value: Value } | { readonly unknown: string }

/** Access of the account to a model, as Bedrock's GetFoundationModelAvailability names it. */
export interface ModelAccess {
  /** AVAILABLE after someone accepted the agreement (subscription) of the model. */
  readonly agreement: string
  readonly authorization: string
  readonly entitlement: string
  readonly region: string
}

export interface Quota {
  readonly name: string
  readonly value: number
}

/** Facts of an account and a Region that decide whether the stack works there. */
export interface AccountFacts {
  readonly region: string
  readonly modelId: string
  /** Lambda: concurrent executions of the account, and those that no function reserves. */
  readonly concurrency: Fact<{ readonly limit: number; readonly unreserved: number }>
  /** Role by which API Gateway writes logs. */
  readonly loggingRole: Fact<string | undefined>
  /** Name of the model in this Region, such as `Claude Sonnet 4.6`, or undefined where Bedrock does not list it. */
  readonly modelName: Fact<string | undefined>
  /** Ids of the inference profiles of the Region. */
  readonly profileIds: Fact<readonly string[]>
  readonly access: Fact<ModelAccess>
  /** True after the account has sent Anthropic's form about its use case. */
  readonly useCase: Fact<boolean>
  /** True where Bedrock itself logs requests and answers. */
  readonly invocationLogging: Fact<boolean>
  /** Quotas of Bedrock. */
  readonly quotas: Fact<readonly Quota[]>
}
