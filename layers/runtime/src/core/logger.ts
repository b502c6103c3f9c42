import { Logger } from '@aws-lambda-powertools/logger'

/**
 * The one logger. Name and level come from POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL, which the template sets.
 * Events, prompts and answers are never given to it.
 */
export const logger = new Logger()
