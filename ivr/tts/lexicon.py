"""Words that the engine misreads, and how they are said: Chinese characters with several readings.

espeak-ng knows one reading of most Chinese characters (行 is always xíng, so a bank would be a yínxíng); with its
voice `cmn-latn-pinyin` a text may hold pinyin, the tone as a digit after each syllable.
"""

import re
from collections.abc import Mapping

_PINYIN = {
    "银行": "yin2hang2", "分行": "fen1hang2", "支行": "zhi1hang2", "总行": "zong3hang2", "行业": "hang2ye4",
    "还款": "huan2kuan3", "还清": "huan2qing1", "偿还": "chang2huan2", "归还": "gui1huan2", "退还": "tui4huan2",
    "返还": "fan3huan2",
    "重新": "chong2xin1", "重复": "chong2fu4", "重试": "chong2shi4", "重置": "chong2zhi4", "重拨": "chong2bo1",
    "调整": "tiao2zheng3", "调节": "tiao2jie2", "调试": "tiao2shi4",
    "处理": "chu3li3", "处于": "chu3yu2", "处罚": "chu3fa2",
    "更改": "geng1gai3", "更换": "geng1huan4", "更新": "geng1xin1", "更正": "geng1zheng4", "变更": "bian4geng1",
    "降低": "jiang4di1", "下降": "xia4jiang4", "降价": "jiang4jia4",
    "要求": "yao1qiu2", "音乐": "yin1yue4", "便宜": "pian2yi5", "着急": "zhao2ji2", "空闲": "kong4xian2",
    "放假": "fang4jia4", "假期": "jia4qi1", "休假": "xiu1jia4", "参与": "can1yu4", "给予": "ji3yu3",
}  # fmt: skip

_READINGS: Mapping[str, Mapping[str, str]] = {"cmn-latn-pinyin": _PINYIN}
"""By voice: what is written, and what the engine is given instead."""

_MISREAD = {
    voice: re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)))
    for voice, words in _READINGS.items()
}


def as_read(text: str, voice: str) -> str:
    """Return a text as it is to be given to a voice, so that it is read right."""
    if voice not in _MISREAD:
        return text
    words = _READINGS[voice]
    return _MISREAD[voice].sub(lambda found: f" {words[found[0]]} ", text)
