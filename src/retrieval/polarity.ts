// Signs of negation that do not deny the sentence: questions of the form A-not-A, fixed words, double negation.
const NOT_A_NEGATION =
  /能不能|会不会|是不是|要不要|有没有|好不好|对不对|行不行|可不可以|该不该|用不用|需不需要|敢不敢|算不算|(.)不\1|不得不|不能不|不会不|没有不|不仅|不但|不只|不光|不同|不断|不明|不良|不适|不舒服|不锈钢|不小心|不得了|不住|不够|不足|不少|不久|不过|不管|不论|不如|不料|不慎|不幸|不止|不知道|不清楚|不通|不动|不着|不到|不全|不好|不停|不透|不了|没事|没关系|无创|无人机|无线|无烟煤|无锡|无名|无花果|特别|级别|区别|分别|性别|类别|识别|辨别|别人|别墅|告别|个别|鉴别|未来|未成年|非常|非洲|非典|免费|勿忘/g
const NEGATION = /不|没|无|别|勿|禁止|严禁|切忌|未|非|拒绝|杜绝|莫/

/** Whether an analyzed sentence denies or forbids what it names. Good enough for one short sentence, not for a story. */
export function readPolarity(text: string): 'plain' | 'negated' {
  return NEGATION.test(text.replace(NOT_A_NEGATION, '')) ? 'negated' : 'plain'
}
