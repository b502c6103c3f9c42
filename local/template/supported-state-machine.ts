import { DESCRIPTION, NO_IAM, NO_TAGS, NO_TRACING } from './inert-reasons.ts'
import { each, honoured, inert, members, type PropertyRule } from './property-rules.ts'
import { RULE_EVENTS } from './supported-events.ts'

/** Properties of a state machine. Inline definitions, definitions in S3 and events of type Api have no rule and are refused. */
export const STATE_MACHINE: PropertyRule = members({
  AutoPublishAlias: inert('local executions always run the newest definition'),
  DefinitionSubstitutions: honoured,
  DefinitionUri: honoured,
  DeploymentPreference: inert('local executions always run the newest definition'),
  Description: inert(DESCRIPTION),
  Events: each({ kind: 'typed', types: RULE_EVENTS }),
  Logging: inert('npm start prints a line for each execution'),
  Name: honoured,
  PermissionsBoundary: inert(NO_IAM),
  Policies: inert(NO_IAM),
  PropagateTags: inert(NO_TAGS),
  Role: inert(NO_IAM),
  RolePath: inert(NO_IAM),
  Tags: inert(NO_TAGS),
  Tracing: inert(NO_TRACING),
  Type: honoured,
  UseAliasAsEventTarget: inert('local executions always run the newest definition'),
})
