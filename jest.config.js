export default {
  rootDir: '.',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.aws-sam', '<rootDir>/layers/runtime/dist'],
  transform: { '\\.ts$': '<rootDir>/tests/transform-typescript.cjs' },
  testEnvironmentOptions: { customExportConditions: ['@bedrock-functions/source', 'node', 'node-addons'] },
  testTimeout: 30_000,
  // Tests of the whole stack wait more than they compute: three at once are faster than two, also on two cores.
  maxWorkers: 3,
}
