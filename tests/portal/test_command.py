"""The command that gives links."""

from __future__ import annotations

from click.testing import CliRunner
from django.test import Client

from piepowder.cli.portal import portal_link
from tests.portal.conftest import Fair


def test_the_command_prints_a_link_and_takes_links_back(fair: Fair) -> None:
    printed = CliRunner().invoke(portal_link, ["S-1", "--language", "zh-Hans", "--hours", "1"])
    assert printed.exit_code == 0, printed.output
    path = "/portal/" + printed.output.strip().split("/portal/")[1]
    assert Client().get(path).status_code == 302
    back = CliRunner().invoke(portal_link, ["S-1", "--revoke"])
    assert "1 visits ended" in back.output
    assert Client().get(path).status_code == 403


def test_the_command_wants_a_sort_of_person_that_there_is(fair: Fair) -> None:
    assert CliRunner().invoke(portal_link, ["S-1", "--kind", "staff"]).exit_code == 2
    assert CliRunner().invoke(portal_link, ["S-1", "--hours", "0"]).exit_code == 2
