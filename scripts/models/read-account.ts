import {
  type BedrockClient,
  type FoundationModelSummary,
  ListFoundationModelsCommand,
  paginateListInferenceProfiles,
} from '@aws-sdk/client-bedrock'

/** Offer of Bedrock to an account in one Region. */
export interface RegionOffer {
  readonly region: string
  readonly models: readonly FoundationModelSummary[]
  /** Ids of the system-defined inference profiles. */
  readonly profileIds: readonly string[]
}

/** Reads a Region's offer. Needs bedrock:ListFoundationModels and bedrock:ListInferenceProfiles. */
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
