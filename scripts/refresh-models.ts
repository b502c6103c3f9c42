import { parseArgs } from 'node:util'
import { BedrockClient } from '@aws-sdk/client-bedrock'
import { describeAwsError, REQUEST_HANDLER } from './describe-aws-error.ts'
import { CATALOGUE_DIRECTORY, readCatalogue, writeCatalogue } from './models/catalogue-files.ts'
import { mergeOffers } from './models/merge-offers.ts'
import { readRegionOffer } from './models/read-account.ts'

const USAGE = `npm run models:refresh -- [options]

Updates the ids, inference profiles and lifecycles of the catalogue to what Bedrock offers an account, by
ListFoundationModels and ListInferenceProfiles. Prices and limits stay, because Bedrock does not list them.

  --region NAME     Region to ask; may be given several times (one Region of each geography)
  --directory PATH  directory of models.json and resolution.json (the layer's)
  --check           write nothing; exit with 1 if something has changed
  --offline         do not ask Bedrock; only derive resolution.json after an edit of models.json
  --help            this text

The AWS SDK finds the credentials. AWS_ENDPOINT_URL_BEDROCK=http://127.0.0.1:3002 asks the emulator.`

/** Together they reach the profiles of every geography except GovCloud, which needs an account of its own. */
const DEFAULT_REGIONS = ['us-east-1', 'eu-central-1', 'ap-northeast-1', 'ap-southeast-2', 'ap-south-1', 'ca-central-1']

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      region: { type: 'string', multiple: true },
      directory: { type: 'string', default: CATALOGUE_DIRECTORY },
      check: { type: 'boolean', default: false },
      offline: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return
  }
  const before = await readCatalogue(values.directory)
  const regions = values.offline ? [] : (values.region ?? DEFAULT_REGIONS)
  const offers = []
  for (const region of regions) {
    const client = new BedrockClient({ region, requestHandler: REQUEST_HANDLER })
    offers.push(await readRegionOffer(client, region))
    client.destroy()
  }
  const { catalogue, changes } = mergeOffers(before, offers, new Date().toISOString().slice(0, 10))
  for (const change of changes) console.log(change)
  if (values.check) {
    console.log(changes.length === 0 ? 'The catalogue is up to date.' : 'Nothing was written (--check).')
    if (changes.length > 0) process.exitCode = 1
    return
  }
  await writeCatalogue(values.directory, catalogue)
  console.log(
    `${changes.length} changes in ${values.directory}, from ${regions.join(', ') || 'no Region (--offline)'}.`,
  )
}

main().catch((error: unknown) => {
  console.error(describeAwsError(error))
  process.exitCode = 1
})
