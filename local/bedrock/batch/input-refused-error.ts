/** Input that fails the validation of a batch inference job. Its message is the job's. */
export class InputRefusedError extends Error {}
