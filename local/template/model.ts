import type { Definition } from '../workflow/definition/definition.ts'
import type { JsonObject } from './json.ts'

/** SAM template as the local stack uses it: intrinsics are resolved and paths are absolute. */
export interface LoadedTemplate {
  readonly path: string
  /** Base of relative paths in the template. */
  readonly directory: string
  readonly region: string
  readonly accountId: string
  readonly functions: readonly FunctionModel[]
  readonly layers: readonly LayerModel[]
  readonly restApis: readonly RestApiModel[]
  readonly usagePlans: readonly UsagePlanModel[]
  readonly buckets: readonly BucketModel[]
  readonly queues: readonly QueueModel[]
  readonly tables: readonly TableModel[]
  /** Express workflows. */
  readonly stateMachines: readonly StateMachineModel[]
  /** Resources AWS::Events::Rule, and rules that SAM makes for events of functions and state machines. */
  readonly rules: readonly EventRuleModel[]
  /** Values of the Outputs section by logical id. */
  readonly outputs: Readonly<Record<string, unknown>>
  /** Parts of the template that the local stack ignores, with reasons. */
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
  /** FunctionName, or the logical id. */
  readonly functionName: string
  readonly arn: string
  readonly handler: string
  readonly runtime: string
  /** Absolute path. */
  readonly codeUri: string
  /** Undefined: the code is used from `codeUri` without a build. */
  readonly build: BuildModel | undefined
  readonly memoryMegabytes: number
  readonly timeoutSeconds: number
  readonly environment: Readonly<Record<string, string>>
  /** Logical ids in the order in which Lambda unpacks them into /opt. */
  readonly layers: readonly string[]
  readonly logFormat: 'JSON' | 'Text'
  /** ApplicationLogLevel, for JSON logs only. */
  readonly logLevel: string | undefined
  readonly logGroup: string
  /** Largest number of executions at once, where the template reserves them. */
  readonly reservedConcurrency: number | undefined
  readonly functionUrl: FunctionUrlModel | undefined
  readonly apiEvents: readonly ApiEventModel[]
  readonly asynchronous: AsynchronousModel
}

/** Lambda's handling of failed asynchronous invocations. */
export interface AsynchronousModel {
  /** Attempts after the first one, 0 to 2. */
  readonly maximumRetryAttempts: number
  /** 60 to 21,600. */
  readonly maximumEventAgeSeconds: number
  readonly onFailure?: { readonly service: 'sqs'; readonly resource: string; readonly arn: string }
}

export interface FunctionUrlModel {
  /** First label of its host name in AWS. */
  readonly id: string
  readonly authType: 'AWS_IAM' | 'NONE'
  readonly invokeMode: 'BUFFERED' | 'RESPONSE_STREAM'
  /** Undefined: the function gets preflights like any request. */
  readonly cors: CorsModel | undefined
}

/** CORS of a function URL; `*` stands for any origin, method or header. */
export interface CorsModel {
  readonly allowOrigins: readonly string[]
  readonly allowMethods: readonly string[]
  readonly allowHeaders: readonly string[]
  readonly exposeHeaders: readonly string[]
  readonly allowCredentials: boolean
  readonly maxAgeSeconds: number | undefined
}

/** Event of type Api. With a definition body it only gives the API permission to invoke. */
export interface ApiEventModel {
  readonly name: string
  readonly path: string
  /** In lower case, also `any`. */
  readonly method: string
  readonly restApiId: string | undefined
}

export interface BucketModel {
  readonly logicalId: string
  readonly name: string
  readonly versioned: boolean
  /** True: its events go to EventBridge. */
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

/** Table of DynamoDB. */
export interface TableModel {
  readonly logicalId: string
  readonly name: string
  readonly arn: string
  /** Partition key, and the sort key if there is one. */
  readonly keys: readonly { readonly name: string; readonly type: 'S' | 'N' }[]
  /** Attribute with the time at which an item expires. */
  readonly ttlAttribute?: string
}

/** State machine whose definition can run locally. */
export interface StateMachineModel {
  readonly logicalId: string
  readonly type: 'EXPRESS' | 'STANDARD'
  readonly name: string
  readonly arn: string
  readonly definitionPath: string
  /** With its substitutions. */
  readonly definition: Definition
  /** Time of the last change to the definition's file. */
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
  /** JSON text that replaces the event. */
  readonly input?: string
  /** Path of the event's part that the target gets. */
  readonly inputPath?: string
}

export interface LayerModel {
  readonly logicalId: string
  readonly arn: string
  /** Absolute path. */
  readonly contentUri: string
  readonly build: BuildModel | undefined
}

export interface RestApiModel {
  readonly logicalId: string
  readonly id: string
  readonly stageName: string
  readonly stageVariables: Readonly<Record<string, string>>
  /** Source of a request's API key: the header x-api-key, or the authorizer's answer. */
  readonly apiKeySource: 'HEADER' | 'AUTHORIZER'
  /** Media types of request bodies that a function gets in base64. Others are text. */
  readonly binaryMediaTypes: readonly string[]
  readonly operations: readonly OperationModel[]
  readonly gatewayResponses: Readonly<Record<string, GatewayResponseModel>>
}

export interface OperationModel {
  /** Path in the definition: `/model/{modelId}/converse`. */
  readonly resource: string
  /** In upper case, also `ANY`. */
  readonly method: string
  readonly operationName: string | undefined
  readonly authorization: 'AWS_IAM' | 'CUSTOM' | 'NONE'
  /** Undefined unless the authorization is CUSTOM. */
  readonly authorizer: AuthorizerModel | undefined
  /** True: a key of a usage plan is required. */
  readonly apiKeyRequired: boolean
  readonly integration: LambdaIntegrationModel | MockIntegrationModel | ServiceIntegrationModel
}

/** Lambda authorizer. */
export type AuthorizerModel = TokenAuthorizerModel | RequestAuthorizerModel

/** Authorizer of type REQUEST without a cache: its function sees every request. */
export interface RequestAuthorizerModel {
  readonly type: 'REQUEST'
  /** Name of its security scheme. */
  readonly name: string
  readonly functionName: string
}

export interface TokenAuthorizerModel {
  readonly type: 'TOKEN'
  /** Name of its security scheme. */
  readonly name: string
  readonly functionName: string
  /** Name of the token's header, in lower case. */
  readonly header: string
  /** Pattern of the whole token. A token that does not match is refused without a call of the function. */
  readonly validationExpression: string | undefined
  /** Time for which an answer is cached for its token; 0: no cache. */
  readonly resultTtlSeconds: number
}

/** Limits of each key of the plan. */
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
  readonly timeoutMs: number
}

/** Integration by which API Gateway calls another service. Templates make the call and the reply. */
export interface ServiceIntegrationModel {
  readonly type: 'aws'
  readonly service: 'states'
  readonly action: 'StartSyncExecution'
  readonly timeoutMs: number
  /** Templates by the request's media type. A media type without a template is refused with 415. */
  readonly requestTemplates: Readonly<Record<string, string>>
  /** Responses in order; the one without a pattern is last. */
  readonly responses: readonly ServiceResponseModel[]
}

export interface ServiceResponseModel {
  /** Pattern of the service's whole status; undefined: the default response. */
  readonly pattern: string | undefined
  readonly statusCode: number
  /** Literal values by name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Template for application/json; undefined: the service's answer unchanged. */
  readonly template: string | undefined
}

/** Integration with a constant answer, as for a CORS preflight. */
export interface MockIntegrationModel {
  readonly type: 'mock'
  readonly statusCode: number
  /** Values by name in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

export interface GatewayResponseModel {
  readonly statusCode: number | undefined
  /** `gatewayresponse.header.<name>` to `'literal'`, `context.*` or `method.request.header.*`. */
  readonly responseParameters: Readonly<Record<string, string>>
  /** Templates by media type. */
  readonly responseTemplates: Readonly<Record<string, string>>
}
