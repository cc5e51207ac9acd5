/** Shows how far long work is: a bar on a terminal, a plain line every tenth otherwise. Written to stderr. */
export function showProgress(what: string): (done: number, total: number) => void {
  const { stderr } = process
  let shownTenth = -1
  return (done, total) => {
    if (total === 0) return
    const share = Math.min(1, done / total)
    const tenth = Math.floor(share * 10)
    if (stderr.isTTY) {
      const filled = Math.round(share * 30)
      stderr.write(
        `\r${what} [${'█'.repeat(filled)}${'░'.repeat(30 - filled)}] ${done}/${total}${share === 1 ? '\n' : ''}`,
      )
    } else if (tenth > shownTenth) {
      shownTenth = tenth
      stderr.write(`${what} ${done}/${total}\n`)
    }
  }
}
