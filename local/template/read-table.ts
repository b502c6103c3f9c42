import { isObject, type JsonObject } from './json.ts'
import type { TableModel } from './model.ts'
import { createPropertyReader } from './read-property.ts'
import { type Place, tableArn } from './resource-values.ts'

const TABLE_NAME = /^[\w.-]{3,255}$/

/** Reads an AWS::DynamoDB::Table whose properties are resolved. */
export function readTable(logicalId: string, resource: JsonObject, place: Place): TableModel {
  const reader = createPropertyReader(logicalId, resource).within('Properties')
  const name = reader.optionalString('TableName') ?? logicalId
  if (!TABLE_NAME.test(name)) reader.fail('TableName', `is ${name}, which is not a table name`)
  const types = new Map(
    reader.list('AttributeDefinitions').map((_, index) => {
      const attribute = reader.item('AttributeDefinitions', index)
      return [attribute.string('AttributeName'), attribute.oneOf('AttributeType', ['S', 'N'], 'S')]
    }),
  )
  const keys = reader.list('KeySchema').map((key) => {
    const keyName = isObject(key) ? String(key.AttributeName) : ''
    const type = types.get(keyName)
    return type ? { name: keyName, type } : reader.fail('KeySchema', `names ${keyName}, which has no definition`)
  })
  const ttl = reader.within('TimeToLiveSpecification').optionalString('AttributeName')
  return { logicalId, name, arn: tableArn(name, place), keys, ...(ttl !== undefined && { ttlAttribute: ttl }) }
}
