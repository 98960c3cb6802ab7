"""Where pip installs from is passed on to builds, and nothing else of its configuration."""

from tests.kind.python_image import parse_index


def test_without_an_index_of_its_own_nothing_is_passed_on() -> None:
    assert parse_index(":env:.cert='/etc/ssl/certs/all.crt'\nglobal.timeout='60'\n") == {}


def test_the_environment_goes_before_the_files() -> None:
    listed = ":env:.index-url='https://two.example/simple'\nglobal.index-url='https://one.example/simple'\n"
    assert parse_index(listed) == {"PIP_INDEX_URL": "https://two.example/simple"}


def test_several_indexes_are_one_list() -> None:
    listed = "user.extra-index-url='\\nhttps://one.example\\nhttps://two.example'\nuser.trusted-host='one.example'\n"
    assert parse_index(listed) == {
        "PIP_EXTRA_INDEX_URL": "https://one.example https://two.example",
        "PIP_TRUSTED_HOST": "one.example",
    }
