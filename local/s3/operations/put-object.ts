import { IncomingBody } from '../body/incoming-body.ts'
import { readObjectHeaders, renderChecksum } from './object-headers.ts'
import type { ObjectContext, Operation } from './operation.ts'
import { draftFromBody, versionHeader, writeObject } from './write-object.ts'

export const putObject: Operation<ObjectContext> = async (context) => {
  const { request } = context
  const body = new IncomingBody(request)
  const headers = readObjectHeaders(request)
  const version = await writeObject(context, {
    reason: 'PutObject',
    prepare: () => draftFromBody(context, body, headers),
  })
  return {
    statusCode: 200,
    headers: {
      etag: `"${version.etag}"`,
      ...versionHeader(context, version),
      ...renderChecksum(version.checksum),
    },
  }
}
