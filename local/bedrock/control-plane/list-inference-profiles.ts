import { type CatalogueModel, reachablePrefixes, writeModelName } from '@bedrock-functions/runtime/models'
import type { Operation } from '../operations/operation.ts'
import { projectIdentifier } from '../projects/projects.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { integer, oneOf, structure } from '../shapes/shape.ts'
import { findPartition, foundationModelArn, readRegion } from './caller-region.ts'
import { findOfferedModels } from './offered-models.ts'
import { makeToken, readInteger, readToken } from './pages.ts'

/** Source: the service model of bedrock 2023-04-20, ListInferenceProfilesRequest. */
const listInferenceProfilesRequest = structure({
  maxResults: integer(1, 1_000),
  nextToken: { type: 'string', minimum: 1, maximum: 2_048, pattern: /^\S*$/ },
  type: oneOf('SYSTEM_DEFINED', 'APPLICATION'),
  projectIdentifier,
})

/** Default page size; Bedrock does not document its own. */
const DEFAULT_PAGE = 100

/** Account in the ARNs, without any effect. */
const ACCOUNT = '123456789012'

/** ListInferenceProfiles: the system-defined profiles callable from the Region of the signature, in pages. */
export const listInferenceProfiles: Operation = async ({ query, headers }) => {
  const asked: JsonObject = {
    ...Object.fromEntries(query),
    ...(query.has('maxResults') && { maxResults: readInteger(query.get('maxResults') ?? '') }),
  }
  requireShape(asked, listInferenceProfilesRequest, describeForService)
  const region = readRegion(headers)
  const type = query.get('type') ?? 'SYSTEM_DEFINED'
  const prefixes = type === 'APPLICATION' ? [] : reachablePrefixes(region, 'global')
  const all = (await findOfferedModels()).flatMap((model) =>
    model.profiles.filter((prefix) => prefixes.includes(prefix)).map((prefix) => summarize(model, prefix, region)),
  )
  const size = typeof asked.maxResults === 'number' ? asked.maxResults : DEFAULT_PAGE
  const start = readToken(query.get('nextToken'), `${region} ${type}`)
  const end = start + size
  return {
    body: {
      inferenceProfileSummaries: all.slice(start, end),
      ...(end < all.length && { nextToken: makeToken(end, `${region} ${type}`) }),
    },
  }
}

/** Some of the real destination Regions of a profile. */
const DESTINATIONS: Readonly<Record<string, readonly string[]>> = {
  us: ['us-east-1', 'us-east-2', 'us-west-2'],
  eu: ['eu-central-1', 'eu-north-1', 'eu-west-1', 'eu-west-3'],
  jp: ['ap-northeast-1', 'ap-northeast-3'],
  apac: ['ap-northeast-1', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2'],
  au: ['ap-southeast-2', 'ap-southeast-4'],
  in: ['ap-south-1', 'ap-south-2'],
  ca: ['ca-central-1', 'ca-west-1'],
  'us-gov': ['us-gov-east-1', 'us-gov-west-1'],
}

function summarize({ modelId }: CatalogueModel, prefix: string, region: string): JsonObject {
  const partition = findPartition(region)
  const id = writeModelName(modelId, prefix)
  // A global profile lists its own Region, and an empty one for all others.
  const destinations = DESTINATIONS[prefix] ?? [region, '']
  return {
    inferenceProfileName: id.replace(/[.:]/g, ' ').slice(0, 64),
    inferenceProfileArn: `arn:${partition}:bedrock:${region}:${ACCOUNT}:inference-profile/${id}`,
    inferenceProfileId: id,
    models: destinations.map((destination) => ({ modelArn: foundationModelArn(partition, destination, modelId) })),
    status: 'ACTIVE',
    type: 'SYSTEM_DEFINED',
  }
}
