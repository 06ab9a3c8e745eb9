"""Says of a text how long it is. Needs nothing but Python."""

import re


def handler(message):
    words = re.findall(r"\w+(?:['’-]\w+)*", message)
    if not words:
        return {"response": "Send me a text, and I say how long it is."}
    sentences = max(1, len(re.findall(r"[.!?…]+(?:\s|$)", message)))
    longest = max(words, key=len)
    return {
        "response": f"{len(words)} words in {sentences} sentences, the longest word is “{longest}”."
    }
