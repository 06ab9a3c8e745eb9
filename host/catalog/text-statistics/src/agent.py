"""Says of a text how long it is and how long it takes to read. Needs nothing but Python."""

import re

WORDS_A_MINUTE = 230


def handler(message):
    words = re.findall(r"\w+(?:['’-]\w+)*", message)
    if not words:
        return {"response": "Send me a text, and I say how long it is."}
    sentences = max(1, len(re.findall(r"[.!?…]+(?:\s|$)", message)))
    longest = max(words, key=len)
    seconds = round(len(words) * 60 / WORDS_A_MINUTE)
    return {
        "response": f"{len(words)} words in {sentences} sentences, the longest word is “{longest}”; about {seconds} s to read."
    }
