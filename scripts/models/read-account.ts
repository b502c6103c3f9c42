import {
  type BedrockClient,
  type FoundationModelSummary,
  ListFoundationModelsCommand,
  paginateListInferenceProfiles,
} from '@aws-sdk/client-bedrock'

/** What Bedrock offers an account in one Region. */
export interface RegionOffer {
  readonly region: string
  readonly models: readonly FoundationModelSummary[]
  /** Ids of the system-defined inference profiles. */
  readonly profileIds: readonly string[]
}

/** Needs bedrock:ListFoundationModels and bedrock:ListInferenceProfiles. Rejects as the client does. */
export async function readRegionOffer(client: BedrockClient, region: string, pageSize = 1_000): Promise<RegionOffer> {
  const { modelSummaries = [] } = await client.send(new ListFoundationModelsCommand({}))
  const profileIds: string[] = []
  for await (const page of paginateListInferenceProfiles({ client, pageSize }, { typeEquals: 'SYSTEM_DEFINED' })) {
    for (const { inferenceProfileId } of page.inferenceProfileSummaries ?? []) {
      if (inferenceProfileId !== undefined) profileIds.push(inferenceProfileId)
    }
  }
  return { region, models: modelSummaries, profileIds }
}
