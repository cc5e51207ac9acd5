import { WordTrie } from './word-trie.ts'

/** What a question is after. Two questions on one topic with different foci are different questions. */
export const FOCUS_WORDS = {
  cause: {
    name: '原因',
    words: [
      '原因',
      '为什么',
      '怎么回事',
      '引起',
      '成因',
      '怎么得的',
      '怎么来的',
      '由来',
      '起因',
      '病因',
      '缘故',
      '怎么就',
      '怎么了',
      '有关系',
    ],
  },
  handling: {
    name: '怎么办',
    words: [
      '怎么办',
      '该怎么',
      '怎么治',
      '怎么治疗',
      '怎么医',
      '怎么缓解',
      '怎么调理',
      '怎么救',
      '怎么急救',
      '怎么逃生',
      '怎么撤离',
      '怎么避难',
      '治疗方法',
      '什么方法',
      '什么办法',
      '治疗',
      '快速治疗',
      '方案',
      '疗法',
      '调理',
      '推拿',
    ],
  },
  prevention: { name: '预防', words: ['预防', '防止', '避免', '防范', '怎么防'] },
  symptom: {
    name: '症状',
    words: [
      '症状',
      '征兆',
      '前兆',
      '迹象',
      '怎么判断',
      '怎么看出',
      '怎么识别',
      '怎么辨别',
      '怎么分辨',
      '怎么确定',
      '怎么知道',
      '特征',
      '体征',
      '怎么鉴别',
      '先兆',
    ],
  },
  duration: {
    name: '多久',
    words: [
      '多久',
      '几个小时',
      '多少小时',
      '几小时',
      '几分钟',
      '多少分钟',
      '潜伏期',
      '几个月',
      '多少年',
      '几年',
      '几个疗程',
      '有效期',
      '疗程',
    ],
  },
  when: { name: '什么时候', words: ['什么时候', '几点', '何时', '哪天', '几号'] },
  allowed: {
    name: '能不能',
    words: [
      '能不能',
      '能吗',
      '能吃',
      '能喝',
      '能用',
      '能打',
      '能坐',
      '能做',
      '能洗',
      '能开',
      '能去',
      '能乘',
      '能碰',
      '行吗',
      '禁忌',
      '适合',
      '适宜',
    ],
  },
  need: { name: '要不要', words: ['要不要', '需要吗', '需要', '有必要', '必要', '要去医院', '要住院', '用去'] },
  medicine: { name: '吃什么药', words: ['什么药', '用药', '吃药', '药物', '什么消炎药', '什么中药', '什么感冒药'] },
  difference: { name: '区别', words: ['区别', '哪个好', '一样吗', '是一样', '鉴别'] },
  harm: {
    name: '危害',
    words: ['危害', '严重吗', '危险吗', '有害', '会死', '致命', '要命', '严重', '死亡率', '有危险'],
  },
  sideEffect: { name: '影响', words: ['副作用', '后遗症', '影响', '会怎么', '并发症'] },
  contagion: { name: '传染', words: ['传染', '传播', '人传人', '遗传'] },
  meaning: {
    name: '是什么',
    words: ['是什么意思', '什么是', '是什么病', '什么意思', '意味着', '定义', '属于', '是不是', '是什么疾病'],
  },
  notice: { name: '注意什么', words: ['注意什么', '注意事项', '注意', '护理', '要点'] },
  diet: {
    name: '饮食',
    words: ['饮食', '吃什么好', '忌口', '什么食物', '什么水果', '不能吃什么', '食疗', '吃什么水果', '忌吃'],
  },
  amount: {
    name: '多少',
    words: ['多少', '几度', '几级', '几次', '用量', '剂量', '多高', '多大', '几片', '几粒', '正常值'],
  },
  price: { name: '价格', words: ['价格', '多少钱', '费用', '什么价', '哪里买', '哪里有卖', '去哪买', '有卖'] },
  place: {
    name: '哪里',
    words: ['哪里', '挂什么科', '什么科', '什么地方', '去哪', '哪个医院', '什么医院', '哪家', '看什么'],
  },
  examination: { name: '检查', words: ['检查', '检测', '确诊', '化验', '拍片', '怎么查', '体检'] },
  use: {
    name: '用法',
    words: [
      '怎么用',
      '怎么吃',
      '怎么喝',
      '用法',
      '怎么使用',
      '使用方法',
      '说明书',
      '怎么操作',
      '步骤',
      '怎么服',
      '吃法',
      '应该怎么吃',
    ],
  },
  effect: {
    name: '作用',
    words: [
      '作用',
      '有用吗',
      '管用',
      '有效',
      '适应症',
      '主治',
      '治什么',
      '治疗什么',
      '什么疾病',
      '治什么病',
      '主攻',
      '适用',
      '用于什么',
      '有帮助',
      '效果',
    ],
  },
  curable: {
    name: '能否治好',
    words: [
      '能治',
      '治疗好吗',
      '能好',
      '去根',
      '好不好治',
      '自愈',
      '治得好',
      '能治疗吗',
      '能彻底治疗',
      '断根',
      '治疗吗',
      '能完全',
    ],
  },
  survival: { name: '能活多久', words: ['寿命', '能活', '活多久', '死亡率'] },
  composition: {
    name: '成分',
    words: ['成分', '是中药', '中药吗', '西药', '抗生素', '消炎药吗', '激素', '处方药', '品牌', '牌子', '批号'],
  },
  kinds: { name: '种类', words: ['类型', '种类', '分类', '分为什么', '几种', '分几'] },
} as const

export type Focus = keyof typeof FOCUS_WORDS

// Words of a question that name neither its topic nor what is asked.
const FRAME_WORDS =
  '什么|怎么|多|几|吗|呢|的|了|是|有|该|应该|应当|应|会|能|要|好|比较|最好|最|一般|主要|需要|平时|具体|快速|方法|问题|情况|应用|可用|得了|患了|患上|得|患|请|我|我们|他|她|你|您|家|就|还|都|也|很|会不会|能不能|有没有|是不是|好不好|应注意|那|这|谁|哪|现在|一下|什么样|怎么样|以及|和|与|跟|及|对|用|来|去|做|给|在'.split(
    '|',
  )

const FOCI = Object.keys(FOCUS_WORDS) as Focus[] // Object.keys forgets the key type
const trie = new WordTrie<number>()
FOCI.forEach((focus, bit) => {
  for (const word of FOCUS_WORDS[focus].words) trie.add(word, 1 << bit)
})
for (const word of FRAME_WORDS) trie.add(word, 0)

/** Bit set of the foci named in an analyzed text, and the text with everything but its topic blanked out. */
export function readFocus(text: string): { focus: number; topic: string } {
  let focus = 0
  let topic = ''
  let kept = 0
  for (let i = 0; i < text.length;) {
    const found = trie.findAt(text, i)
    if (!found) {
      i++
      continue
    }
    focus |= found.value
    topic += text.slice(kept, i) + ' '.repeat(found.length)
    i += found.length
    kept = i
  }
  return { focus, topic: topic + text.slice(kept) }
}

/** Chinese names of the foci in a bit set, for reasons. */
export function nameFocus(focus: number): string[] {
  return FOCI.filter((_, bit) => focus & (1 << bit)).map((name) => FOCUS_WORDS[name].name)
}
