import { createAwsJsonServer, type Operation, type RequestSummary } from '../events/http/aws-json-server.ts'
import type { DualProtocolServer } from '../net/dual-protocol-server.ts'
import { StateJournal } from '../storage/state-journal.ts'
import { validationError } from './errors.ts'
import type { TableOptions, TableRecord } from './model.ts'
import {
  deleteItem,
  describeTable,
  getItem,
  putItem,
  query,
  type Tables,
  transactWriteItems,
  updateOneItem,
} from './operations.ts'
import { TableState } from './table-state.ts'

export type { TableOptions } from './model.ts'

/** Limit of DynamoDB for a request. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024

export interface DynamoDbServerOptions {
  /** Directory of all state; created when missing. One process at a time. */
  readonly directory: string
  /** Tables that are served. Items of a table that is missing here wait until it is back. */
  readonly tables: readonly TableOptions[]
  /** Called once for each request, after its answer. */
  readonly onRequest?: (summary: RequestSummary) => void
}

/** Members of requests that are not served. Each would change the answer. */
const UNSUPPORTED = [
  'AttributesToGet',
  'ConditionalOperator',
  'Expected',
  'IndexName',
  'KeyConditions',
  'ProjectionExpression',
]

/**
 * Tables of Amazon DynamoDB: GetItem, PutItem, UpdateItem, DeleteItem, Query, TransactWriteItems, DescribeTable, with
 * expressions on top-level attributes. AWS JSON 1.0 over HTTP/1.1 and h2c on one port. Every write is one record of a journal,
 * so that a crash leaves all of a transaction or nothing.
 */
export function createDynamoDbServer({
  directory,
  tables: options,
  onRequest,
}: DynamoDbServerOptions): DualProtocolServer {
  const state = new TableState(options)
  let journal: StateJournal<TableRecord> | undefined
  const tables: Tables = {
    options,
    state,
    commit(record) {
      if (!journal) throw new Error('the server is not open')
      journal.commit(record)
    },
  }

  const onTables =
    (run: (tables: Tables, input: Parameters<Operation>[0]) => object): Operation =>
    (input) => {
      const unsupported = UNSUPPORTED.find((name) => input[name] !== undefined)
      if (unsupported !== undefined) throw validationError(`The local stack does not support ${unsupported}`)
      return run(tables, input)
    }

  const server = createAwsJsonServer({
    targetPrefix: 'DynamoDB_20120810',
    version: '1.0',
    errorPrefix: 'com.amazonaws.dynamodb.v20120810#',
    operations: {
      DeleteItem: onTables(deleteItem),
      DescribeTable: onTables(describeTable),
      GetItem: onTables(getItem),
      PutItem: onTables(putItem),
      Query: onTables(query),
      TransactWriteItems: onTables(transactWriteItems),
      UpdateItem: onTables(updateOneItem),
    },
    maxBodyBytes: MAX_REQUEST_BYTES,
    onRequest,
  })

  return {
    async listen(port, listenOptions) {
      journal = await StateJournal.open<TableRecord>(directory, state)
      try {
        return await server.listen(port, listenOptions)
      } catch (error) {
        await journal.close()
        throw error
      }
    },
    async close() {
      await server.close()
      await journal?.close()
    },
  }
}
