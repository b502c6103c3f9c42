import { DESCRIPTION, NO_IAM, NO_KEYS, NO_METRICS, NO_TAGS, NO_TRACING, NO_VERSIONS } from './inert-reasons.ts'
import { each, honoured, inert, members, type PropertyRule } from './property-rules.ts'
import { definitionRule } from './supported-definition.ts'
import { BUCKET, EVENT_BUS, EVENT_INVOKE, EVENT_RULE, QUEUE, RULE_EVENTS, TABLE } from './supported-events.ts'
import { STATE_MACHINE } from './supported-state-machine.ts'

const METADATA = {
  kind: 'members',
  rules: { BuildMethod: honoured, BuildProperties: honoured },
  others: inert('for tools only (cfn-lint, checkov, SAM)'),
} as const satisfies PropertyRule

const FUNCTION: PropertyRule = members({
  Architectures: inert('workers run on the architecture of the laptop'),
  AssumeRolePolicyDocument: inert(NO_IAM),
  AutoPublishAlias: inert(NO_VERSIONS),
  AutoPublishAliasAllProperties: inert(NO_VERSIONS),
  CodeSigningConfigArn: inert('nothing is uploaded, so nothing is signed'),
  CodeUri: honoured,
  DeploymentPreference: inert(NO_VERSIONS),
  Description: inert(DESCRIPTION),
  Environment: members({ Variables: honoured }),
  EphemeralStorage: inert("workers share the laptop's temporary directory, whose size is not limited"),
  Events: each({
    kind: 'typed',
    types: {
      Api: members({
        Type: honoured,
        Properties: members({
          Path: honoured,
          Method: honoured,
          RestApiId: honoured,
          Auth: inert('the definition body has the security'),
        }),
      }),
      ...RULE_EVENTS,
    },
  }),
  EventInvokeConfig: EVENT_INVOKE,
  FunctionName: honoured,
  Handler: honoured,
  KmsKeyArn: inert(NO_KEYS),
  Layers: honoured,
  LoggingConfig: members({
    LogFormat: honoured,
    ApplicationLogLevel: honoured,
    SystemLogLevel: inert("Lambda's own log lines (START, REPORT) are not made locally"),
    LogGroup: honoured,
  }),
  MemorySize: honoured,
  PackageType: honoured,
  PermissionsBoundary: inert(NO_IAM),
  Policies: inert(NO_IAM),
  PropagateTags: inert(NO_TAGS),
  ProvisionedConcurrencyConfig: inert('workers start on demand'),
  ReservedConcurrentExecutions: honoured,
  Role: inert(NO_IAM),
  RolePath: inert(NO_IAM),
  Runtime: honoured,
  RuntimeManagementConfig: inert('the runtime is the Node that npm installed'),
  SourceKMSKeyArn: inert(NO_KEYS),
  Tags: inert(NO_TAGS),
  Timeout: honoured,
  Tracing: inert(NO_TRACING),
  VersionDescription: inert(NO_VERSIONS),
  VpcConfig: inert("workers use the laptop's network"),
})

const LAYER: PropertyRule = members({
  CompatibleArchitectures: inert('workers run on the architecture of the laptop'),
  CompatibleRuntimes: inert('there is only one runtime locally'),
  ContentUri: honoured,
  Description: inert(DESCRIPTION),
  LayerName: honoured,
  LicenseInfo: inert(DESCRIPTION),
  PublishLambdaVersion: inert(NO_VERSIONS),
  RetentionPolicy: inert(NO_VERSIONS),
})

const REST_API: PropertyRule = members({
  AccessLogSetting: inert('npm start prints a line for each request'),
  AlwaysDeploy: inert('the local API always follows the template'),
  ApiKeySourceType: honoured,
  CacheClusterEnabled: inert('nothing is cached locally'),
  CacheClusterSize: inert('nothing is cached locally'),
  DefinitionBody: definitionRule,
  Description: inert(DESCRIPTION),
  DisableExecuteApiEndpoint: inert('there is only the local address'),
  Domain: inert('there is only the local address'),
  EndpointConfiguration: inert('the local API is regional'),
  FailOnWarnings: inert('nothing is imported'),
  GatewayResponses: each(
    members({
      StatusCode: honoured,
      ResponseParameters: members({ Headers: honoured }),
      ResponseTemplates: honoured,
    }),
  ),
  MethodSettings: inert('a stage has no throttling, metrics or logs locally'),
  Name: inert(DESCRIPTION),
  OpenApiVersion: inert('the definition body is read as written'),
  PropagateTags: inert(NO_TAGS),
  StageName: honoured,
  Tags: inert(NO_TAGS),
  TracingEnabled: inert(NO_TRACING),
  Variables: honoured,
})

const FUNCTION_URL: PropertyRule = members({
  AuthType: honoured,
  InvokeMode: honoured,
  Cors: members({
    AllowCredentials: honoured,
    AllowHeaders: honoured,
    AllowMethods: honoured,
    AllowOrigins: honoured,
    ExposeHeaders: honoured,
    MaxAge: honoured,
  }),
  Qualifier: inert(NO_VERSIONS),
  TargetFunctionArn: honoured,
})

const USAGE_PLAN: PropertyRule = members({
  ApiStages: inert('there is only one API locally'),
  Description: inert(DESCRIPTION),
  Quota: members({ Limit: honoured, Offset: inert('a local plan starts with its whole quota'), Period: honoured }),
  Tags: inert(NO_TAGS),
  Throttle: members({ BurstLimit: honoured, RateLimit: honoured }),
  UsagePlanName: honoured,
})

/** Resource types that the local stack uses, with the rules for Properties and Metadata. */
export const HONOURED_RESOURCES: Readonly<Record<string, PropertyRule>> = {
  'AWS::Serverless::Function': FUNCTION,
  'AWS::Serverless::LayerVersion': LAYER,
  'AWS::Serverless::Api': REST_API,
  'AWS::Serverless::StateMachine': STATE_MACHINE,
  'AWS::ApiGateway::UsagePlan': USAGE_PLAN,
  'AWS::Lambda::Url': FUNCTION_URL,
  'AWS::Events::EventBus': EVENT_BUS,
  'AWS::Events::Rule': EVENT_RULE,
  'AWS::S3::Bucket': BUCKET,
  'AWS::SQS::Queue': QUEUE,
  'AWS::DynamoDB::Table': TABLE,
}

/** Resource types that the local stack ignores, with reasons. */
export const INERT_RESOURCES: Readonly<Record<string, string>> = {
  'AWS::ApiGateway::Account': 'there are no access logs locally',
  'AWS::ApiGateway::ApiKey': 'npm run keys makes local keys',
  'AWS::ApiGateway::UsagePlanKey': 'every local key is in the plan',
  'AWS::CloudWatch::Alarm': NO_METRICS,
  'AWS::CloudWatch::CompositeAlarm': NO_METRICS,
  'AWS::CloudWatch::Dashboard': NO_METRICS,
  'AWS::CodeDeploy::Application': NO_VERSIONS,
  'AWS::CodeDeploy::DeploymentGroup': NO_VERSIONS,
  'AWS::IAM::ManagedPolicy': NO_IAM,
  'AWS::IAM::Policy': NO_IAM,
  'AWS::IAM::Role': NO_IAM,
  'AWS::KMS::Alias': NO_KEYS,
  'AWS::KMS::Key': NO_KEYS,
  'AWS::Lambda::Alias': NO_VERSIONS,
  'AWS::Lambda::Permission': NO_IAM,
  'AWS::Lambda::Version': NO_VERSIONS,
  'AWS::Logs::LogGroup': 'function logs are files under .local/logs and stay until they are deleted',
  'AWS::Logs::MetricFilter': NO_METRICS,
  'AWS::Logs::QueryDefinition': 'function logs are files under .local/logs',
  'AWS::S3::BucketPolicy': NO_IAM,
  'AWS::SNS::Subscription': NO_METRICS,
  'AWS::SNS::Topic': NO_METRICS,
  'AWS::SNS::TopicPolicy': NO_IAM,
  'AWS::SQS::QueuePolicy': NO_IAM,
  'AWS::WAFv2::WebACLAssociation': 'only the deployed API has a web ACL',
  'AWS::XRay::SamplingRule': NO_TRACING,
}

/** Attributes beside a resource's Properties. */
export const RESOURCE_ATTRIBUTES = {
  Type: honoured,
  Condition: honoured,
  IgnoreGlobals: honoured,
  DependsOn: inert('the local stack decides the order'),
  DeletionPolicy: inert('the local stack deletes nothing'),
  UpdatePolicy: inert(NO_VERSIONS),
  UpdateReplacePolicy: inert('the local stack replaces nothing'),
  Metadata: METADATA,
} as const satisfies Readonly<Record<string, PropertyRule>>

/** Sections of a template; Parameters, Mappings, Conditions, Globals, Resources and Outputs are read. */
export const TEMPLATE_SECTIONS: Readonly<Record<string, PropertyRule>> = {
  AWSTemplateFormatVersion: honoured,
  Transform: honoured,
  Description: honoured,
  Metadata: honoured,
  Parameters: honoured,
  Mappings: honoured,
  Conditions: honoured,
  Rules: each(members({ RuleCondition: honoured, Assertions: honoured })),
  Globals: members({ Function: honoured, Api: honoured, LayerVersion: honoured, StateMachine: honoured }),
  Resources: honoured,
  Outputs: each(
    members({
      Value: honoured,
      Condition: honoured,
      Description: honoured,
      Export: inert('no other stack imports it'),
    }),
  ),
}
