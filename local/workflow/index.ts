export { checkDefinition } from './definition/check-definition.ts'
export type { Definition } from './definition/definition.ts'
export { formatExecution, formatMapRun } from './format-execution.ts'
export { type OpenStepFunctions, openStepFunctions } from './open-step-functions.ts'
export type { ServiceEndpoint } from './resources/create-resources.ts'
export {
  createStepFunctions,
  type ExecutionSummary,
  type MapRunProgress,
  type StepFunctions,
  type StepFunctionsOptions,
} from './step-functions.ts'
export { createStepFunctionsServer, startSyncExecution } from './step-functions-server.ts'
