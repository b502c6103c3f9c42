import type { Definition } from '../workflow/definition/definition.ts'
import type { JsonObject } from './json.ts'

/** What the local stack takes from a SAM template: every intrinsic resolved, every path absolute. */
export interface LoadedTemplate {
  readonly path: string
  /** Where relative paths in the template start. */
  readonly directory: string
  readonly region: string
  readonly accountId: string
  readonly functions: readonly FunctionModel[]
  readonly layers: readonly LayerModel[]
  readonly restApis: readonly RestApiModel[]
  readonly usagePlans: readonly UsagePlanModel[]
  readonly buckets: readonly BucketModel[]
  readonly queues: readonly QueueModel[]
  /** Express workflows. */
  readonly stateMachines: readonly StateMachineModel[]
  /** AWS::Events::Rule and those that SAM makes of functions' and state machines' events. */
  readonly rules: readonly EventRuleModel[]
  /** Values of the Outputs section by logical id. */
  readonly outputs: Readonly<Record<string, unknown>>
  /** What the template holds and the local stack leaves aside, with the reason. */
  readonly inert: readonly InertFinding[]
}

export interface InertFinding {
  /** `LogicalId` or `LogicalId.Property.Path`. */
  readonly path: string
  readonly reason: string
}

/** `Metadata.BuildMethod` and, as written, `Metadata.BuildProperties`. */
export interface BuildModel {
  readonly method: string
  readonly properties: JsonObject
}

export interface FunctionModel {
  readonly logicalId: string
  /** FunctionName, or else the logical id. */
  readonly functionName: string
  readonly arn: string
  readonly handler: string
  readonly runtime: string
  /** Absolute. */
  readonly codeUri: string
  /** Undefined: the code is used as it lies in `codeUri`. */
  readonly build: BuildModel | undefined
  readonly memoryMegabytes: number
  readonly timeoutSeconds: number
  readonly environment: Readonly<Record<string, string>>
  /** Logical ids, in the order in which Lambda unpacks them over each other into /opt. */
  readonly layers: readonly string[]
  readonly logFormat: 'JSON' | 'Text'
  /** ApplicationLogLevel, for JSON logs only. */
  readonly logLevel: string | undefined
  readonly logGroup: string
  /** The most executions at once, where the template reserves them. */
  readonly reservedConcurrency: number | undefined
  readonly functionUrl: FunctionUrlModel | undefined
  readonly apiEvents: readonly ApiEventModel[]
  readonly asynchronous: AsynchronousModel
}

/** What Lambda does with an asynchronous invocation that fails. */
export interface AsynchronousModel {
  /** Beyond the first attempt: 0 to 2. */
  readonly maximumRetryAttempts: number
  /** 60 to 21,600. */
  readonly maximumEventAgeSeconds: number
  readonly onFailure?: { readonly service: 'sqs'; readonly resource: string; readonly arn: string }
}

export interface FunctionUrlModel {
  /** The first label of its host in AWS. */
  readonly id: string
  readonly authType: 'AWS_IAM' | 'NONE'
  readonly invokeMode: 'BUFFERED' | 'RESPONSE_STREAM'
  /** Undefined: preflights go to the function like any request. */
  readonly cors: CorsModel | undefined
}

/** What browsers are told of a function URL; `*` stands for any origin, method or header. */
export interface CorsModel {
  readonly allowOrigins: readonly string[]
  readonly allowMethods: readonly string[]
  readonly allowHeaders: readonly string[]
  readonly exposeHeaders: readonly string[]
  readonly allowCredentials: boolean
  readonly maxAgeSeconds: number | undefined
}

/** An event of type Api; beside a definition body it only gives the API its permission. */
export interface ApiEventModel {
  readonly name: string
  readonly path: string
  /** Lower case, `any` included. */
  readonly method: string
  readonly restApiId: string | undefined
}

export interface BucketModel {
  readonly logicalId: string
  readonly name: string
  readonly versioned: boolean
  /** Whether it sends its events to EventBridge. */
  readonly eventBridge: boolean
  readonly corsRules: readonly BucketCorsRule[]
}

/** What pages of some origins may do with a bucket; `*` in an origin or header stands for any characters. */
export interface BucketCorsRule {
  readonly allowedOrigins: readonly string[]
  readonly allowedMethods: readonly string[]
  /** In lower case. */
  readonly allowedHeaders: readonly string[]
  readonly exposedHeaders: readonly string[]
  readonly maxAgeSeconds?: number
}

export interface QueueModel {
  readonly logicalId: string
  readonly name: string
  readonly arn: string
  readonly visibilityTimeoutSeconds: number
  readonly messageRetentionSeconds: number
}

/** Of type EXPRESS; its definition has been checked to be one that runs locally. */
export interface StateMachineModel {
  readonly logicalId: string
  readonly name: string
  readonly arn: string
  /** Its substitutions made. */
  readonly definition: Definition
  /** When the file of the definition was last changed. */
  readonly createdAt: Date
}

/** A rule has a pattern, a schedule or both. */
export interface EventRuleModel {
  readonly logicalId: string
  readonly name: string
  readonly eventBusName: string
  readonly enabled: boolean
  readonly pattern?: JsonObject
  /** `rate(5 minutes)` or `cron(…)`, as written. */
  readonly schedule?: string
  readonly targets: readonly RuleTargetModel[]
}

export interface RuleTargetModel {
  readonly id: string
  readonly arn: string
  readonly service: 'lambda' | 'sqs' | 'states'
  /** Name of the function, queue or state machine. */
  readonly resource: string
  /** JSON text that the target gets instead of the event. */
  readonly input?: string
  /** The part of the event that the target gets. */
  readonly inputPath?: string
}

export interface LayerModel {
  readonly logicalId: string
  readonly arn: string
  /** Absolute. */
  readonly contentUri: string
  readonly build: BuildModel | undefined
}

export interface RestApiModel {
  readonly logicalId: string
  readonly id: string
  readonly stageName: string
  readonly stageVariables: Readonly<Record<string, string>>
  /** Where a request's API key comes from: the header x-api-key, or what the authorizer answers. */
  readonly apiKeySource: 'HEADER' | 'AUTHORIZER'
  readonly operations: readonly OperationModel[]
  readonly gatewayResponses: Readonly<Record<string, GatewayResponseModel>>
}

export interface OperationModel {
  /** As in the definition: `/model/{modelId}/converse`. */
  readonly resource: string
  /** Upper case, or `ANY`. */
  readonly method: string
  readonly operationName: string | undefined
  readonly authorization: 'AWS_IAM' | 'CUSTOM' | 'NONE'
  /** Of authorization CUSTOM, else undefined. */
  readonly authorizer: AuthorizerModel | undefined
  /** Only with a key of a usage plan. */
  readonly apiKeyRequired: boolean
  readonly integration: LambdaIntegrationModel | MockIntegrationModel | ServiceIntegrationModel
}

/** A Lambda authorizer of type TOKEN. */
export interface AuthorizerModel {
  /** Its security scheme's. */
  readonly name: string
  readonly functionName: string
  /** The header with the token, in lower case. */
  readonly header: string
  /** What a token must match as a whole to be shown to the function. */
  readonly validationExpression: string | undefined
  /** An answer is kept this long for its token; 0: not at all. */
  readonly resultTtlSeconds: number
}

/** What API Gateway grants each key of the plan. */
export interface UsagePlanModel {
  readonly logicalId: string
  readonly name: string
  readonly throttle: { readonly requestsPerSecond: number; readonly burst: number } | undefined
  readonly quota: { readonly requests: number; readonly period: 'DAY' | 'WEEK' | 'MONTH' } | undefined
}

export interface LambdaIntegrationModel {
  readonly type: 'aws_proxy'
  readonly functionName: string
  /** STREAM calls InvokeWithResponseStream, BUFFERED calls Invoke. */
  readonly transferMode: 'STREAM' | 'BUFFERED'
  readonly timeoutMilliseconds: number
}

/** API Gateway itself calls an action of another service; templates make the call, and the answer of what comes back. */
export interface ServiceIntegrationModel {
  readonly type: 'aws'
  readonly service: 'states'
  readonly action: 'StartSyncExecution'
  readonly timeoutMilliseconds: number
  /** By media type of the request; one that has none is refused with 415. */
  readonly requestTemplates: Readonly<Record<string, string>>
  /** In order; the one without a pattern is last. */
  readonly responses: readonly ServiceResponseModel[]
}

export interface ServiceResponseModel {
  /** What the status of the service's answer must match as a whole; undefined: the default response. */
  readonly pattern: string | undefined
  readonly statusCode: number
  /** Literal values by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** Of application/json; undefined: the service's answer as it is. */
  readonly template: string | undefined
}

/** An answer that is always the same and calls nothing, as for a CORS preflight. */
export interface MockIntegrationModel {
  readonly type: 'mock'
  readonly statusCode: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
}

export interface GatewayResponseModel {
  readonly statusCode: number | undefined
  /** `gatewayresponse.header.<name>` to `'literal'`, `context.*` or `method.request.header.*`. */
  readonly responseParameters: Readonly<Record<string, string>>
  /** Media type to template. */
  readonly responseTemplates: Readonly<Record<string, string>>
}
