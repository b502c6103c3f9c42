import { blob, structure, union } from '../../shapes/shape.ts'
import { S3_URI } from '../s3-location.ts'

/** Media in S3; only the models of TwelveLabs have `bucketOwner`. */
export const s3Location = structure(
  { uri: { type: 'string', pattern: S3_URI }, bucketOwner: { type: 'string', pattern: /^\d{12}$/ } },
  ['uri'],
)

/** Media of Amazon Nova: inside the request, or in S3. */
export const novaSource = union({ bytes: blob, s3Location })
