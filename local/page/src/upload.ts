import { callJson } from './api.ts'

/** Answer of POST /uploads. */
interface Upload {
  readonly s3Uri: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** Puts a file into the stack's bucket by a presigned URL. @throws Error with the status that S3 gave */
export async function upload(file: File): Promise<string> {
  const { s3Uri, method, url, headers } = await callJson<Upload>('uploads', {
    body: { contentType: file.type || 'application/octet-stream' },
  })
  const response = await fetch(url, { method, headers, body: file })
  if (!response.ok) throw new Error(`S3 refused ${file.name} with status ${response.status}.`)
  return s3Uri
}
