/** Models behind resources of an account: the id of a foundation model by the ARN of the resource. */
export type AccountModels = Readonly<Record<string, string>>
