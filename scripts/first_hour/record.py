"""`seen-on-aws.json`: what was asked of a real account, and what it answered."""

import json
import os
import time

from .anonymous import anonymous_tree
from .questions import QUESTIONS

# Raised when a member changes its meaning. Readers refuse a later one.
FORMAT = 1

# Texts of one question; a step that is run again adds no end of them.
MOST = 40


class Record:
    """Written anew after each step, so that what ends early is kept."""

    def __init__(self, path):
        self.path = path
        self.known = {}
        self.versions = {}
        self.steps = []
        self.answers = {question.name: [] for question in QUESTIONS}

    def hide(self, value, name):
        """Has this value replaced wherever it is in a text."""
        if value and len(value) >= 4:
            self.known[value] = name

    def answer(self, name, seen, holds=None):
        """Notes what was seen: as rowgate relies on it (True), otherwise (False), or just seen."""
        answer = {True: "confirmed", False: "refuted", None: "seen"}[holds]
        self.answers[name].append((answer, seen))

    def step(self, name, outcome, seconds, note):
        step = {"name": name, "outcome": outcome, "seconds": round(seconds, 1)}
        self.steps.append(step | ({"note": note} if note else {}))

    def whole(self):
        """The record as it is written."""
        record = {
            "format": FORMAT,
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "versions": self.versions,
            "steps": self.steps,
            "answers": {question.name: self.one(question) for question in QUESTIONS},
        }
        return self.anonymous(record)

    def anonymous(self, value):
        """A text, or a list or object of texts, as it may be shown."""
        return anonymous_tree(value, self.known.items())

    def one(self, question):
        answers = self.answers[question.name]
        seen = list(dict.fromkeys(text for _, text in answers))[:MOST]
        return {
            "asks": question.asks,
            "relies_on": question.relies_on,
            "answer": together([answer for answer, _ in answers]),
            "seen": seen,
        }

    def write(self):
        """For its owner alone: it is anonymous, but is to be looked at before it is sent."""
        text = json.dumps(self.whole(), indent=2, ensure_ascii=False) + "\n"
        part = f"{self.path}.part"
        with open(part, "w", encoding="utf-8", opener=private) as file:
            file.write(text)
        os.replace(part, self.path)


def private(path, flags):
    return os.open(path, flags, 0o600)


def together(answers):
    """One that is refuted decides, then one that is confirmed."""
    for answer in ("refuted", "confirmed", "seen"):
        if answer in answers:
            return answer
    return "not_tried"
