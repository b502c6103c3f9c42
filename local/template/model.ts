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
  readonly operations: readonly OperationModel[]
  readonly gatewayResponses: Readonly<Record<string, GatewayResponseModel>>
}

export interface OperationModel {
  /** As in the definition: `/model/{modelId}/converse`. */
  readonly resource: string
  /** Upper case, or `ANY`. */
  readonly method: string
  readonly operationName: string | undefined
  readonly authorization: 'AWS_IAM' | 'NONE'
  readonly integration: LambdaIntegrationModel | MockIntegrationModel
}

export interface LambdaIntegrationModel {
  readonly type: 'aws_proxy'
  readonly functionName: string
  /** STREAM calls InvokeWithResponseStream, BUFFERED calls Invoke. */
  readonly transferMode: 'STREAM' | 'BUFFERED'
  readonly timeoutMilliseconds: number
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
