import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { TaskError } from '../task-error.ts'
import { toS3Error } from './service-error.ts'

/** Objects of a distributed Map: its items and its results. Rejects with a TaskError. */
export interface ObjectAccess {
  read(place: { readonly Bucket: string; readonly Key: string; readonly VersionId?: string }): Promise<string>
  write(place: { readonly Bucket: string; readonly Key: string }, text: string): Promise<void>
}

export function createObjectAccess(s3: S3Client | undefined): ObjectAccess {
  async function send<Answer>(call: (client: S3Client) => Promise<Answer>): Promise<Answer> {
    if (!s3) throw new TaskError('S3.S3Exception', 'The local stack has no S3: its template has no bucket.')
    return await call(s3).catch((error: unknown) => {
      throw toS3Error(error)
    })
  }
  return {
    async read(place) {
      const { Body } = await send((client) => client.send(new GetObjectCommand(place)))
      return (await Body?.transformToString()) ?? ''
    },
    async write(place, text) {
      await send((client) =>
        client.send(new PutObjectCommand({ ...place, Body: text, ContentType: 'application/json' })),
      )
    },
  }
}
