/** Name of a record of a batch job in faults for the next calls. */
export const RECORD_OPERATION = 'BatchRecord'
