const DIGITS: Record<string, number> = {
  零: 0,
  〇: 0,
  一: 1,
  幺: 1,
  二: 2,
  两: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
}
const UNITS: Record<string, number> = { 十: 10, 百: 100, 千: 1000 }

const MEASURES =
  '级|度|小时|钟头|分钟|秒|天|日|周|周岁|月份|月|年|岁|名|位|例|起|人|号|楼|层|栋|单元|期|类|档|' +
  '米|公里|千米|厘米|毫米|公分|平方|立方|公斤|千克|斤|克|毫克|吨|升|毫升|元|块|倍|%|伏|千伏|瓦|千瓦|摄氏度|海拔|加仑|兆|寸|尺|海里|里路'
const COUNTERS = `${MEASURES}|个|次|点|时|分|种|条|件|场|辆|座|所|家|户|口|头|只|部|台|张|份|片|粒|颗|顿|餐|遍|轮|批|支|步|成|代|米高|线|环|星`

/** What may follow a single 一: counters that are mostly indefinite (一个, 一次, 一点, 一下) are left as words. */
const AFTER_ONE = new RegExp(`^(?:${MEASURES}|个(?:半?小时|月|半月|星期|礼拜|钟头)|号线)`)
const NOT_AFTER_ONE = /^(?:度|级棒|起|日三|人称|周围|天天|块|位数|层层|名不|类似)/
/** 二 counts only where it ranks (二级, 二月); things are counted with 两. */
const AFTER_TWO = /^(?:级|度|月|号|日|楼|层|期|类|档|等|年级|栋|单元|号线|环)/
const AFTER_ANY = new RegExp(`^(?:${COUNTERS})`)
const DECIMAL_UNIT = /^(?:级|米|公里|千米|厘米|毫米|万|亿|倍|度|元|吨|公斤|千克|克|升|毫升|兆|%|摄氏度)/
const HOUR_BEFORE = /(?:凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|深夜|半夜|今晚|明晚|昨晚|明早|今早|早|晚|夜)$/
const HOUR_AFTER = /^点(?:钟|半|整|左右|前|后|过|一刻|三刻|\d|[零一二三四五六七八九十]{1,3}分|[二三四五]?十)/

// Numerals inside these are not numbers.
const WORDS =
  /千万别|千万要|千万不|千千万万|万一|一五一十|七七八八|三三两两|乱七八糟|四面八方|五湖四海|五花八门|七上八下|三番五次|接二连三|不三不四|朝三暮四|十万火急|百分百|千家万户|九寨|八达岭|五一|六一|七一|八一|三七开|三八|九一八|一二九|三五成群|十字|十全|十堰|九九|四六级|三四线|一二线|一带一路|两会|二维码|二手|三亚|三峡|四川|六安|七夕|九龙坡|两江|两路口|百合|百货|百科|百姓|百年|千里|万里|十足|(?<![点时\d])十分(?!钟|之)|百分点|千分点|二次|三级跳|八成/y

const RUN = /[零〇一二两三四五六七八九十百千万亿幺]+/g

/** Reads a well-formed Chinese numeral below 10^12 (二十四, 一百零五, 两千万); undefined for anything else. */
function readNumeral(text: string): number | undefined {
  let total = 0
  let section = 0
  let digit = -1
  let lastUnit = Infinity
  for (const sign of text) {
    const value = DIGITS[sign]
    const unit = UNITS[sign]
    if (sign === '零' || sign === '〇') {
      if (digit >= 0) return undefined
      continue
    }
    if (value !== undefined) {
      if (digit >= 0) return undefined
      digit = value
      continue
    }
    if (unit !== undefined) {
      if (unit >= lastUnit) return undefined
      if (digit < 0) {
        if (unit !== 10 || section > 0) return undefined
        digit = 1
      }
      section += digit * unit
      digit = -1
      lastUnit = unit
      continue
    }
    if (digit >= 0) section += digit
    if (section === 0) return undefined
    total = sign === '亿' ? (total + section) * 1e8 : total + section * 1e4
    section = 0
    digit = -1
    lastUnit = Infinity
  }
  if (digit > 0) {
    // 一百五 = 150, 三万五 = 35 000: a bare digit after a unit larger than ten counts tenths of that unit.
    const previous = text.at(-2) ?? ''
    const scale = previous === '百' ? 10 : previous === '千' ? 100 : previous === '万' ? 1000 : 1
    section += digit * scale
  }
  return total + section
}

function readDigitString(text: string): string | undefined {
  if (!/^[零〇一二三四五六七八九幺]+$/.test(text)) return undefined
  return [...text].map((sign) => String(DIGITS[sign])).join('')
}

function foldRun(run: string, before: string, after: string): string {
  if (run.length === 1) {
    if (run === '十')
      return !/[几数上好]$/.test(before) &&
        AFTER_ANY.test(after) &&
        (!/^分(?!钟)/.test(after) || /[点时度]$/.test(before))
        ? '10'
        : run
    const digit = DIGITS[run]
    if (digit === undefined || run === '幺') return run
    if (before.endsWith('第')) return String(digit)
    const hour = HOUR_AFTER.test(after) || (after.startsWith('点') && HOUR_BEFORE.test(before))
    if (run === '一') {
      return hour || (AFTER_ONE.test(after) && !NOT_AFTER_ONE.test(after) && !/[统唯同万第]$/.test(before)) ? '1' : run
    }
    if (run === '二') return hour || AFTER_TWO.test(after) ? '2' : run
    if (run === '零') return hour || /^点(?!几)/.test(after) ? '0' : run
    return hour || (AFTER_ANY.test(after) && !after.startsWith('分之')) ? String(digit) : run
  }
  const digits = readDigitString(run)
  if (digits !== undefined) {
    // 七八个 is a guess, not 78; 二〇二四年, 一二〇, 幺幺九 are read sign by sign.
    if (/[零〇幺]/.test(run) || run.length >= 3 || (run.length === 4 && after.startsWith('年'))) return digits
    return run
  }
  const value = readNumeral(run)
  return value === undefined ? run : String(value)
}

/**
 * Chinese numerals → Arabic where they are numbers; `text` is simplified, lower case, half width.
 * 六级→6级, 二十四小时→24小时, 百分之五→5%, 三分之一→1/3, 五点八级→5.8级, 1.4万件→14000件; words (一般, 万一, 千万, 三峡, 十分) stay.
 */
export function foldNumerals(text: string): string {
  let result = text
  if (/[零〇一二两三四五六七八九十百千万亿幺]/.test(result)) {
    result = foldFractions(result)
    result = foldRuns(result)
  }
  if (!/\d/.test(result)) return result
  return result
    .replace(/(?<=\d),(?=\d{3}(?!\d))/g, '')
    .replace(/(\d+(?:\.\d+)?)(万|亿)(?![州盛家里\d])/g, (match, number: string, unit: string) => {
      const value = Math.round(Number(number) * (unit === '万' ? 1e4 : 1e8))
      return Number.isSafeInteger(value) && number.length < 10 ? String(value) : match
    })
}

const NUMERAL = '[零〇一二两三四五六七八九十百千]'
const PERCENTAGE = new RegExp(`([百千])分之(${NUMERAL}+|\\d+(?:\\.\\d+)?)(?:点([零一二三四五六七八九]+))?`, 'g')
const FRACTION = new RegExp(`(?<!百|千|万)(${NUMERAL}+|\\d+)分之(${NUMERAL}+|\\d+)`, 'g')

function foldFractions(text: string): string {
  return text
    .replace(PERCENTAGE, (match, base: string, whole: string, part?: string) => {
      const value = toNumber(whole)
      if (value === undefined) return match
      return `${value}${part === undefined ? '' : `.${readDigitString(part) ?? ''}`}${base === '百' ? '%' : '‰'}`
    })
    .replace(FRACTION, (match, lower: string, upper: string) => {
      const below = toNumber(lower)
      const above = toNumber(upper)
      return below === undefined || above === undefined ? match : `${above}/${below}`
    })
    .replace(
      /([零一二两三四五六七八九十百千]{1,8})点([零一二三四五六七八九]{1,3})(?=(.{0,3}))/gs,
      (match, whole: string, part: string, after: string) => {
        const value = toNumber(whole)
        if (value === undefined || !DECIMAL_UNIT.test(after)) return match
        return `${value}.${readDigitString(part) ?? ''}`
      },
    )
}

function toNumber(text: string): number | undefined {
  if (/^\d/.test(text)) return Number(text)
  if (text === '百') return 100
  if (text.length === 1 && DIGITS[text] !== undefined) return DIGITS[text]
  const digits = readDigitString(text)
  return digits === undefined ? readNumeral(text) : undefined
}

function foldRuns(text: string): string {
  let result = ''
  let position = 0
  RUN.lastIndex = 0
  for (let match = RUN.exec(text); match !== null; match = RUN.exec(text)) {
    const start = match.index
    // A word may begin inside the run or one sign before it ends; the run is cut around it.
    let end = start + match[0].length
    let cut = start
    let word = ''
    for (; cut < end; cut++) {
      WORDS.lastIndex = cut
      word = WORDS.exec(text)?.[0] ?? ''
      if (word !== '') break
    }
    if (
      word !== '' &&
      !(cut > start && /^(?:十分|百分点|千分点|百姓|千里|万里|百年|万一|十字|八成|百合|百货)/.test(word))
    ) {
      end = cut
    } else {
      word = ''
    }
    const run = text.slice(start, end)
    result += text.slice(position, start)
    if (run !== '') result += foldRun(run, text.slice(Math.max(0, start - 3), start), text.slice(end, end + 5))
    result += word
    position = end + word.length
    RUN.lastIndex = Math.max(position, start + 1)
  }
  return result + text.slice(position)
}
