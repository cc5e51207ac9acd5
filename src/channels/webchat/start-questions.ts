/** Four questions for each season, in the words people use; each is answered by shipped content. */
const SEASON_QUESTIONS = {
  spring: ['山体滑坡怎么逃？', '野蘑菇能不能吃？', '地震了往哪里躲？', '被蛇咬了能用嘴吸吗？'],
  summer: ['车在积水里熄火了怎么办？', '高温天怎么防中暑？', '打雷时在外面怎么办？', '被蛇咬了能用嘴吸吗？'],
  autumn: ['家里闻到煤气味怎么办？', '电动车能在楼道充电吗？', '地震了往哪里躲？', '吃坏肚子了怎么办？'],
  winter: ['家里闻到煤气味怎么办？', '烤火怎么防煤气中毒？', '家里着火了怎么办？', '诺如病毒怎么消毒？'],
}

/** The start page's questions on a day, `YYYY-MM-DD`. */
export function listStartQuestions(today: string): string[] {
  const month = Number(today.slice(5, 7))
  if (month >= 3 && month <= 5) return SEASON_QUESTIONS.spring
  if (month >= 6 && month <= 9) return SEASON_QUESTIONS.summer
  if (month >= 10 && month <= 11) return SEASON_QUESTIONS.autumn
  return SEASON_QUESTIONS.winter
}
