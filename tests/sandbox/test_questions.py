"""Faults that the queue and the search meet, when they are told to."""

from __future__ import annotations

import statistics
import time

import pytest
import requests

from pipeline.sandbox import Sandbox

from .client import Client, lead


def ask(client: Client) -> requests.Response:
    return client.get("/restapi/v1.3/apiqueue/none-such")


def test_a_question_meets_its_fault_once_and_then_the_truth(client: Client) -> None:
    client.sandbox.fault_next_question("http429always")
    first, second = ask(client), ask(client)
    assert (first.status_code, first.headers["Retry-After"]) == (429, "1")
    assert (second.status_code, second.json()["status"]) == (200, "Not Found")


def test_the_search_meets_faults_too(client: Client) -> None:
    client.sandbox.fault_next_question("html")
    assert client.search({"email": "x"}).text.startswith("<!doctype html>")


def test_a_question_can_be_cut_off(client: Client) -> None:
    client.sandbox.fault_next_question("reset-after")
    with pytest.raises(requests.ConnectionError):
        ask(client)


def test_a_fault_of_a_question_leaves_leads_alone(client: Client) -> None:
    client.sandbox.fault_next_question("http500")
    assert client.post(lead()).status_code == 200
    assert ask(client).status_code == 500


def test_a_refused_key_does_not_use_up_the_fault(client: Client) -> None:
    client.sandbox.fault_next_question("http500")
    assert client.get("/restapi/v1.3/apiqueue/x", key="wrong").status_code == 401
    assert ask(client).status_code == 500


def test_resetting_forgets_the_faults(client: Client) -> None:
    client.sandbox.fault_next_question("http500")
    client.sandbox.reset()
    assert ask(client).status_code == 200


@pytest.mark.parametrize("tag", ["quarantine", "tps", "no-such"])
def test_a_fault_of_leads_is_none_of_questions(tag: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        Sandbox().fault_next_question(tag)


def test_no_answer_waits_for_the_clients_acknowledgement(client: Client) -> None:
    def seconds() -> float:
        began = time.monotonic()
        ask(client)
        return time.monotonic() - began

    assert statistics.median(seconds() for _ in range(21)) < 0.03, "40 ms is what a delayed ACK takes"
