import '../core/index.ts'

export { ACTIVITY_HEADER, readActivityChoice } from './activity/activity-log.ts'
export { readContentOptions } from './content/content-options.ts'
export { assertInputAllowed, assertLocationsAllowed, type InputLocations } from './content/locations.ts'
