"""Converts units, as a web application: POST /invoke is a route like any other."""

import re

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()

FACTORS = {("km", "mi"): 0.621371, ("mi", "km"): 1.609344, ("kg", "lb"): 2.204623, ("lb", "kg"): 0.453592}


class Request(BaseModel):
    message: str


@app.post("/invoke")
def invoke(request: Request) -> dict:
    found = re.search(r"(-?\d+(?:\.\d+)?)\s*(km|mi|kg|lb|c|f)\s+(?:in|to)\s+(km|mi|kg|lb|c|f)\b", request.message.lower())
    if found is None:
        return {"response": "Ask me for example: 5 km in mi"}
    value, source, target = float(found[1]), found[2], found[3]
    converted = convert(value, source, target)
    if converted is None:
        return {"response": f"{source} and {target} measure different things."}
    return {"response": f"{value:g} {source} are {converted:.4g} {target}."}


def convert(value: float, source: str, target: str) -> float | None:
    if source == target:
        return value
    if (source, target) == ("c", "f"):
        return value * 9 / 5 + 32
    if (source, target) == ("f", "c"):
        return (value - 32) * 5 / 9
    factor = FACTORS.get((source, target))
    return None if factor is None else value * factor
