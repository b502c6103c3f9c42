import { APIGatewayClient, GetAccountCommand } from '@aws-sdk/client-api-gateway'
import {
  BedrockClient,
  GetFoundationModelAvailabilityCommand,
  GetModelInvocationLoggingConfigurationCommand,
  GetUseCaseForModelAccessCommand,
} from '@aws-sdk/client-bedrock'
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { paginateListServiceQuotas, ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { describeAwsError, REQUEST_HANDLER } from '../describe-aws-error.ts'
import { type RegionOffer, readRegionOffer } from '../models/read-account.ts'
import type { AccountFacts, Fact, ModelAccess, Quota } from './account-facts.ts'

/** Reads the facts of the account in a Region. A fact whose request fails is unknown, and the others are still read. */
export async function readAccount(region: string, modelId: string): Promise<AccountFacts> {
  const options = { region, requestHandler: REQUEST_HANDLER }
  const bedrock = new BedrockClient(options)
  const offer = await toFact(() => readRegionOffer(bedrock, region))
  const [concurrency, loggingRole, access, useCase, invocationLogging, quotas] = await Promise.all([
    toFact(() => readConcurrency(new LambdaClient(options))),
    toFact(async () => {
      const { cloudwatchRoleArn } = await new APIGatewayClient(options).send(new GetAccountCommand({}))
      return cloudwatchRoleArn || undefined
    }),
    toFact(() => readAccess(bedrock, modelId)),
    toFact(() => readUseCase(bedrock)),
    toFact(async () => {
      const { loggingConfig } = await bedrock.send(new GetModelInvocationLoggingConfigurationCommand({}))
      return loggingConfig !== undefined
    }),
    toFact(() => readQuotas(new ServiceQuotasClient(options))),
  ])
  return {
    region,
    modelId,
    concurrency,
    loggingRole,
    modelName: mapFact(offer, (found) => nameOf(found, modelId)),
    profileIds: mapFact(offer, ({ profileIds }) => profileIds),
    access,
    useCase,
    invocationLogging,
    quotas,
  }
}

async function toFact<Value>(read: () => Promise<Value>): Promise<Fact<Value>> {
  try {
    return { value: await read() }
  } catch (error) {
    return { unknown: describeAwsError(error) }
  }
}

function mapFact<Value, Result>(fact: Fact<Value>, map: (value: Value) => Result): Fact<Result> {
  return 'unknown' in fact ? fact : { value: map(fact.value) }
}

function nameOf({ models }: RegionOffer, modelId: string): string | undefined {
  const model = models.find((candidate) => candidate.modelId === modelId)
  return model && (model.modelName ?? modelId)
}

async function readConcurrency(client: LambdaClient) {
  const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}))
  return {
    limit: AccountLimit?.ConcurrentExecutions ?? 0,
    unreserved: AccountLimit?.UnreservedConcurrentExecutions ?? 0,
  }
}

async function readAccess(client: BedrockClient, modelId: string): Promise<ModelAccess> {
  const answer = await client.send(new GetFoundationModelAvailabilityCommand({ modelId }))
  return {
    agreement: answer.agreementAvailability?.status ?? 'UNKNOWN',
    authorization: answer.authorizationStatus ?? 'UNKNOWN',
    entitlement: answer.entitlementAvailability ?? 'UNKNOWN',
    region: answer.regionAvailability ?? 'UNKNOWN',
  }
}

async function readUseCase(client: BedrockClient): Promise<boolean> {
  try {
    const { formData } = await client.send(new GetUseCaseForModelAccessCommand({}))
    return formData !== undefined && formData.length > 0
  } catch (error) {
    if ((error as Error).name === 'ResourceNotFoundException') return false
    throw error
  }
}

async function readQuotas(client: ServiceQuotasClient): Promise<Quota[]> {
  const quotas: Quota[] = []
  for await (const page of paginateListServiceQuotas({ client, pageSize: 100 }, { ServiceCode: 'bedrock' })) {
    for (const { QuotaName, Value } of page.Quotas ?? []) {
      if (QuotaName !== undefined && Value !== undefined) quotas.push({ name: QuotaName, value: Value })
    }
  }
  return quotas
}
