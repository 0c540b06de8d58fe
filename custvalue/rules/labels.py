"""Labels in English and Chinese, and the words that say where a rule came from."""

from dataclasses import dataclass
from typing import Literal, get_args

from custvalue.rules.errors import refusal

Lang = Literal["en", "zh"]

LECTURE = "lecture 提升客户价值"
RECONSTRUCTED = "lecture 提升客户价值, reconstructed"
LIBRARY_DEFAULT = "library default"


_SOURCES_ZH = ((LECTURE, "讲座《提升客户价值》"), ("reconstructed", "重构"), (LIBRARY_DEFAULT, "库默认"))


def source_text(source: str, lang: Lang = "en") -> str:
    """Return where a rule comes from in one language; a source of one's own is returned as it is.

    >>> source_text(RECONSTRUCTED, "zh")
    '讲座《提升客户价值》, 重构'
    """
    check_lang(lang)
    if lang == "zh":
        for text, translated in _SOURCES_ZH:
            source = source.replace(text, translated)
    return source


@dataclass(frozen=True, slots=True)
class Label:
    """The same name in English and in Chinese.

    >>> Label("key prospect", "关键潜在客户").text("zh")
    '关键潜在客户'
    """

    en: str
    zh: str

    def text(self, lang: Lang = "en") -> str:
        """Return the label in one language."""
        check_lang(lang)
        return self.zh if lang == "zh" else self.en

    def __str__(self) -> str:
        return self.en


def check_lang(lang: str) -> None:
    """Refuse a language the rules carry no labels for."""
    if not isinstance(lang, str) or lang not in get_args(Lang):
        raise refusal("lang must be 'en' or 'zh'", repr(lang), "Choose one of the two.")
