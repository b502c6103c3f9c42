/** Bucket and key of `s3://bucket/key`; undefined for any other text. */
export function splitS3Uri(uri: unknown): { readonly Bucket: string; readonly Key: string } | undefined {
  const { bucket, key } = /^s3:\/\/(?<bucket>[^/]+)\/(?<key>.+)$/s.exec(String(uri))?.groups ?? {}
  return bucket === undefined || key === undefined ? undefined : { Bucket: bucket, Key: key }
}
