import { parseS3Folder, type S3Location } from '../core/s3-uri.ts'
import type { BatchRequest } from './batch.ts'

/** Location of the output of a file. A file without the extension gets it, as Bedrock's names have it. */
export function outputOf({ id, output }: BatchRequest, name: string, ending = 'out'): S3Location {
  const { bucket, key } = parseS3Folder(output.s3Uri)
  const file = /\.jsonl?$/.test(name) ? name : `${name}.jsonl`
  return { bucket, key: `${key}${id}/${file}.${ending}` }
}
