"""Stop words: what is said of a text is so, in every language that has a list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.catalog import stopwords
from feeds.util import tokenizer

texts = st.lists(
    st.sampled_from([*stopwords.WORDS, "The", "DER", "Café", "C++", "de,", "x", "\n"]), max_size=12
).map(" ".join)


def test_the_words_are_folded_and_their_bits_fit_the_catalog() -> None:
    assert all(tokenizer.fold(word) == word for word in stopwords.WORDS)
    assert 0 < stopwords.bits_of((word,) for word in stopwords.WORDS) < 1 << 63


@given(texts)
def test_a_text_has_all_words_whose_bits_are_set(text: str) -> None:
    folded = tokenizer.fold(text)
    said = stopwords.bits(tokenizer.indexed(text))
    for word in stopwords.WORDS:
        if said & stopwords.bits_of([(word,)]):
            assert tokenizer.contains(folded, (word,))


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("The plan\nOfficials said that it is to be reviewed", "the to"),
        ("Le maire de la ville et les élus", "de la et les"),
        ("Der Rat und die Stadt", "der und die"),
        ("Город и область в пути", "и в"),
        ("Il piano di Roma e la legge", "di e la"),
        ("人工智能的未来在中国", "的 在"),
        ("Nothing here", ""),
    ],
)
def test_a_text_tells_the_words_of_its_language(text: str, some: str) -> None:
    expected = stopwords.bits_of([(word,) for word in some.split()])
    assert stopwords.bits(tokenizer.indexed(text)) & expected == expected


def test_a_phrase_of_several_words_is_none_of_them() -> None:
    assert stopwords.bits_of([("of", "the"), ("police",)]) == 0
