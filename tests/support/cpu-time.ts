/** CPU time of this process since `start`, in milliseconds. Unlike a clock, it does not count other processes. */
export function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}
