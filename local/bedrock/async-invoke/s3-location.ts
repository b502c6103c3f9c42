/** An object or a prefix of keys; an empty key means the whole bucket. */
export interface S3Location {
  readonly bucket: string
  readonly key: string
}

/** Source: the service model, S3Uri. */
export const S3_URI = /^s3:\/\/[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9](\/.*)?$/

/** Parses a URI that matches {@link S3_URI}. */
export function parseS3Uri(uri: string): S3Location {
  const [bucket = '', ...rest] = uri.slice('s3://'.length).split('/')
  return { bucket, key: rest.join('/') }
}

export function formatS3Uri({ bucket, key }: S3Location): string {
  return `s3://${bucket}/${key}`
}

/** Appends `name` to `location`, with exactly one slash between. */
export function joinKey({ bucket, key }: S3Location, name: string): S3Location {
  return { bucket, key: key === '' || key.endsWith('/') ? `${key}${name}` : `${key}/${name}` }
}
