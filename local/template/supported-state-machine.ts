import { DESCRIPTION, NO_IAM, NO_TAGS, NO_TRACING } from './inert-reasons.ts'
import { each, honoured, inert, members, type PropertyRule } from './property-rules.ts'
import { RULE_EVENTS } from './supported-events.ts'

/** Also not named, and so refused: definitions within the template, in S3, and events of type Api, which do not wait. */
export const STATE_MACHINE: PropertyRule = members({
  AutoPublishAlias: inert('local executions always run the newest definition'),
  DefinitionSubstitutions: honoured,
  DefinitionUri: honoured,
  DeploymentPreference: inert('local executions always run the newest definition'),
  Description: inert(DESCRIPTION),
  Events: each({ kind: 'typed', types: RULE_EVENTS }),
  Logging: inert('npm start prints a line per execution'),
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
