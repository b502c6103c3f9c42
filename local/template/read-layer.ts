import { resolve } from 'node:path'
import type { JsonObject } from './json.ts'
import type { LayerModel } from './model.ts'
import { readBuild } from './read-build.ts'
import { createPropertyReader } from './read-property.ts'
import { layerVersionArn, type Place } from './resource-values.ts'

/** Reads an AWS::Serverless::LayerVersion whose properties are resolved. */
export function readLayer(logicalId: string, resource: JsonObject, place: Place & { directory: string }): LayerModel {
  const reader = createPropertyReader(logicalId, resource).within('Properties')
  return {
    logicalId,
    arn: layerVersionArn(reader.optionalString('LayerName') ?? logicalId, place),
    contentUri: resolve(place.directory, reader.string('ContentUri')),
    build: readBuild(resource.Metadata),
  }
}
