/** The form an answer must have, read from how the question asks. */
export interface AskedForm {
  name: string
  /** Stands in a folded text that can answer. */
  holds: RegExp
  /** No text without it answers; otherwise it only speaks for the text. */
  strict: boolean
}

interface FormRule extends AskedForm {
  asks: RegExp
  not?: RegExp
}

const NEVER = /(?!)/
const ORGANISATION = /部|委|局|办|科协|政府|单位|协会|学会|大学|研究[所院]|中心|联盟|街道|省|市|团|社/
const AMOUNT = '(?:多少|几|若干)'

/** In the order of telling: the first of a group decides what is counted. Questions come folded and in standard words. */
const RULES: readonly FormRule[] = [
  {
    name: '电话',
    asks: /电话|手机号|联系方式|座机|传真|邮箱|网址|号码|微信号|二维码|怎么联系|打多少/,
    holds: /\d{3,4}-?\d{7,8}|1\d{10}|@|www/,
    strict: true,
  },
  {
    name: '金额',
    asks: new RegExp(
      `${AMOUNT}(?:个|块|毛|万|亿)?(?:钱|元|块)|${AMOUNT}(?:万|亿)$` +
        `|(?:经费|预算|资金|投资|补贴|补助|奖金|工资|收入|费用|价格|收费|门票|票价|报酬|津贴|产值|拨款|奖励|罚款|成本)[^,。?]{0,9}${AMOUNT}(?!家|个|人|名|所|项|次|种|类)` +
        `|${AMOUNT}[^,。?家个人名所项次]{0,3}(?:经费|预算|资金|投资|补贴|补助|奖金|工资|费用)|[补津奖工][贴助金资](?:标准|有?多|发)|要钱|要不要钱|学费|收[^,。?]{0,3}费|门票|票价`,
    ),
    holds: /\d(?:\.\d+)?[万亿]?元/,
    strict: true,
  },
  {
    name: '人名',
    asks: /(?:组长|局长|主任|主席|书记|区长|市长|馆长|负责人|联系人|会长|理事长|秘书长|院长|校长|领导(?!干部|小组))[^,。?]{0,4}(?:谁|哪个|哪位|哪几|哪些|叫什么|什么名)|(?:谁|哪位|哪个人|哪几位|哪几个人)[^,。?]{0,6}(?:组长|局长|主任|主席|书记|区长|市长|馆长|负责人|联系人|会长|领导(?!干部|小组)|专家|院士|委员)|人叫什么|叫什么名|姓什么|姓名|名单|起草人|执笔|撰写|获奖者|得主|署名|签发人/,
    not: /(?:叫什么名|名单)[^,。?]{0,3}(?:大学|中心|平台)/,
    holds: NEVER,
    strict: true,
  },
  {
    name: '期限',
    asks: /截止|报名|申请时间|申报时间|(?:几号|几月|哪天|什么时候)之?前|几点|开门|关门|开放时间|开馆|闭馆|营业|交材料|材料[^,。?]{0,8}交/,
    holds: /截止|报名|\d{1,2}月\d{1,2}日前|\d点|\d{1,2}:\d\d/,
    strict: true,
  },
  {
    name: '办理',
    asks: /(?:怎么|怎样|如何|哪里|哪儿)[^,。?]{0,3}(?:申请|申报|预约|办理|下载|报送)|申请(?:条件|流程|材料|表)|预约|下载|办理/,
    holds: /申请|申报|预约|下载|办理/,
    strict: true,
  },
  {
    name: '地址',
    asks: /地址|哪条[街路]|哪个[街路站]|几楼|门牌|怎么走|怎么去|坐[几哪]|几号线|位置|在哪块|哪个商圈/,
    holds: /[路街道]\d+号|地址/,
    strict: true,
  },
  {
    name: '城市',
    asks: /哪个(?:城市|省|国家|地方)(?:开|办|举行|举办|召开)|在哪个(?:城市|省|国家)/,
    holds: /在(?!全|我|本|各|每)\p{Script=Han}{2,4}[市省](?:举办|召开|举行)/u,
    strict: true,
  },
  {
    name: '日期',
    asks: /哪一?天|几号(?!线|文)|几月|哪日|哪一日|日期/,
    holds: /\d{1,2}月\d{1,2}日/,
    strict: true,
  },
  {
    name: '年份',
    asks: /哪一?年|什么时候|什么时间|何时|几时|啥时|多久(?:建|完|做|实现)|到几年/,
    holds: /\d{4}年|\d{4}[-—─–~]|每年|年[初中终底]|十[二三四五六]五|平时|常态/,
    strict: true,
  },
  {
    name: '次数',
    asks: /多久(?!建|完|做|实现)|[几多][少]?[次回趟]|几年一|每年几|隔多/,
    holds: /每(?:一?年|季|月|半年|两年|周)|\d次|[一两]次|年度|定期|双月|常态|持续/,
    strict: true,
  },
  {
    name: '比例',
    asks: new RegExp(
      `(?:比例|百分|占比|占|百分点|[^效频汇]率)[^,。?]{0,10}(?:${AMOUNT}|目标|达到|定的|是什么)|${AMOUNT}[^,。?]{0,4}(?:比例|百分|个点)|几成|科学素质(?:水平|目标)?[^,。?行动方案]{0,12}${AMOUNT}|素质目标`,
    ),
    not: new RegExp(`${AMOUNT}(?:家|个(?!百分)|人(?!有)|名|所|项|次|类|种)`),
    holds: /\d%|\d个百分点|百分之/,
    strict: true,
  },
  {
    name: '人数',
    asks: new RegExp(`${AMOUNT}(?:万|千|百)?(?:人次|人|名|位)`),
    not: /哪几/,
    holds: /[\d余多万百千](?:名|人|位)|\d人次/,
    strict: true,
  },
  {
    name: '个数',
    asks: new RegExp(
      `${AMOUNT}(?:万|千|百)?(?:家|个|所|处|座|支|部|本|套|台|辆|间|座|条|门|场|期|批|户|种|类|项|片|块|站)`,
    ),
    not: /哪几/,
    holds:
      /(?:\d|[两十百千]|余|多)(?:至\d)?(?:家|个|所|处|座|支|部|本|套|台|辆|间|条|门|场|期|批|户|种|类|项|大|片|块|站)/,
    strict: true,
  },
  {
    name: '数目',
    asks: new RegExp(`(?<!哪)${AMOUNT}`),
    not: /几[人群类点句样位]|哪几|几进/,
    holds: /(?<![.\d后])\d+(?![.\d])(?:[万亿余多至%家个所处座支名人位项次篇本条场期门种类户亩元]|平方|公里)/,
    strict: true,
  },
  { name: '牵头', asks: /牵头|领头|牵个头/, holds: /牵头/, strict: true },
  {
    name: '责任',
    asks: /责任单位|责任部门|配合|参与部门/,
    holds: /责任单位|责任|配合|会同/,
    strict: true,
  },
  {
    name: '机构',
    asks: /哪[些个家几]?个?(?:部门|单位|机构|委办局)|归哪|谁|哪家|哪几家/,
    holds: ORGANISATION,
    strict: false,
  },
]

const COUNTING = new Set(['电话', '金额', '期限', '地址', '日期', '次数', '比例', '人数', '个数', '数目'])

/** The forms asked for; of those that count something only the first. */
export function readAskedForms(question: string): AskedForm[] {
  const forms: AskedForm[] = []
  for (const rule of RULES) {
    if (!rule.asks.test(question) || rule.not?.test(question) === true) continue
    if (COUNTING.has(rule.name) && forms.some(({ name }) => COUNTING.has(name))) continue
    if (rule.name === '年份' && forms.some(({ name }) => name === '期限' || name === '日期' || name === '次数'))
      continue
    forms.push({ name: rule.name, holds: rule.holds, strict: rule.strict })
  }
  return forms
}
