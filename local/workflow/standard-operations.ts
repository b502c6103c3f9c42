import { AwsJsonError } from '../events/http/aws-json-error.ts'
import type { Operation } from '../events/http/aws-json-server.ts'
import type { JsonObject } from '../template/json.ts'
import type { MapRunDescription, MapRunSettings } from './executions/map-run.ts'
import type { ExecutionState } from './executions/standard-execution.ts'
import { describeNotRedrivable } from './executions/standard-executions.ts'
import { readArn, readCount, readPage, readText } from './operation-input.ts'
import { type StepFunctions, typeNotSupported } from './step-functions.ts'

/** Operations on executions and map runs of Standard workflows. Source: Step Functions API Reference. */
export function createStandardOperations({ standard, find }: StepFunctions): Readonly<Record<string, Operation>> {
  function findExecution({ executionArn }: JsonObject) {
    const arn = readArn(executionArn, 'executionArn')
    if (arn.includes(':express:')) throw typeNotSupported()
    return standard.find(arn)
  }

  function findMapRun({ mapRunArn }: JsonObject): MapRunDescription {
    const arn = readArn(mapRunArn, 'mapRunArn')
    const description = standard.mapRuns.describe(arn)
    if (description) return description
    throw new AwsJsonError('ResourceNotFound', `Resource not found: '${arn}'`)
  }

  return {
    DescribeExecution(input) {
      const execution = findExecution(input)
      const { state } = execution
      const texts = execution.texts()
      const reason = describeNotRedrivable(state)
      return {
        ...describe(state),
        ...texts,
        inputDetails: { included: true },
        ...(texts.output !== undefined && { outputDetails: { included: true } }),
        redriveStatus: reason === undefined ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
        ...(reason !== undefined && { redriveStatusReason: reason }),
      }
    },
    GetExecutionHistory(input) {
      const events = findExecution(input).history()
      if (input.reverseOrder === true) events.reverse()
      const { items, nextToken } = readPage(events, input)
      return { events: items, ...nextToken }
    },
    ListExecutions(input) {
      if (input.mapRunArn !== undefined) {
        throw new AwsJsonError('ValidationException', 'The local stack does not list the executions of a map run')
      }
      const { arn, type } = find(readArn(input.stateMachineArn, 'stateMachineArn'))
      if (type === 'EXPRESS') throw typeNotSupported()
      const { statusFilter, redriveFilter } = input
      const wanted = standard
        .list(arn)
        .filter(
          ({ status, redriveCount }) =>
            (statusFilter === undefined || statusFilter === status) &&
            (redriveFilter === undefined || (redriveFilter === 'REDRIVEN') === redriveCount > 0),
        )
      const { items, nextToken } = readPage(wanted, input)
      return { executions: items.map(describe), ...nextToken }
    },
    async StopExecution(input) {
      const { executionArn } = findExecution(input).state
      const error = readText(input.error, 'error')
      const cause = readText(input.cause, 'cause')
      const { stopTime } = await standard.stop(executionArn, {
        ...(error !== undefined && { error }),
        ...(cause !== undefined && { cause }),
      })
      return { stopDate: seconds(stopTime) }
    },
    async RedriveExecution(input) {
      const { executionArn } = findExecution(input).state
      const { redriveTime } = await standard.redrive(executionArn, readText(input.clientToken, 'clientToken'))
      return { redriveDate: seconds(redriveTime) }
    },
    DescribeMapRun(input) {
      const { stateMachineArn: _, startTime, stopTime, redriveTime, ...description } = findMapRun(input)
      return {
        ...description,
        startDate: seconds(startTime),
        ...(stopTime !== undefined && { stopDate: seconds(stopTime) }),
        ...(redriveTime !== undefined && { redriveDate: seconds(redriveTime) }),
      }
    },
    ListMapRuns(input) {
      const { mapRunArns } = findExecution(input).state
      const { items, nextToken } = readPage([...mapRunArns].reverse(), input)
      const mapRuns = items.flatMap((mapRunArn) => {
        const run = standard.mapRuns.describe(mapRunArn)
        if (!run) return []
        const { executionArn, stateMachineArn, startTime, stopTime } = run
        const stopDate = stopTime === undefined ? {} : { stopDate: seconds(stopTime) }
        return [{ executionArn, mapRunArn, stateMachineArn, startDate: seconds(startTime), ...stopDate }]
      })
      return { mapRuns, ...nextToken }
    },
    UpdateMapRun(input) {
      const { mapRunArn } = findMapRun(input)
      const change = readSettings(input)
      const run = standard.mapRuns.findRunning(mapRunArn)
      if (!run) {
        throw new AwsJsonError('ValidationException', 'The map run has ended and cannot be updated', {
          members: { reason: 'CANNOT_UPDATE_COMPLETED_MAP_RUN' },
        })
      }
      run.update(change)
      return {}
    },
  }
}

function readSettings(input: JsonObject): Partial<MapRunSettings> {
  const maxConcurrency = readCount(input, 'maxConcurrency', {})
  const toleratedFailureCount = readCount(input, 'toleratedFailureCount', {})
  const toleratedFailurePercentage = readCount(input, 'toleratedFailurePercentage', { maximum: 100, isInteger: false })
  const settings = {
    ...(maxConcurrency !== undefined && { maxConcurrency }),
    ...(toleratedFailureCount !== undefined && { toleratedFailureCount }),
    ...(toleratedFailurePercentage !== undefined && { toleratedFailurePercentage }),
  }
  if (Object.keys(settings).length > 0) return settings
  throw new AwsJsonError(
    'ValidationException',
    'One of maxConcurrency, toleratedFailureCount and toleratedFailurePercentage is required',
    { members: { reason: 'MISSING_REQUIRED_PARAMETER' } },
  )
}

/** Members that an execution has in descriptions and lists. */
function describe(state: ExecutionState) {
  const { executionArn, stateMachineArn, name, status, startTime, stopTime, redriveCount, redriveTime } = state
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate: seconds(startTime),
    ...(stopTime !== undefined && { stopDate: seconds(stopTime) }),
    redriveCount,
    ...(redriveTime !== undefined && { redriveDate: seconds(redriveTime) }),
  }
}

/** Time in seconds, as in AWS's JSON protocols. */
function seconds(timeMs: number | undefined): number {
  return Math.round(timeMs ?? 0) / 1000
}
