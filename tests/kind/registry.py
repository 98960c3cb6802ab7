"""Whether images can be pulled from where their projects publish them. Asked once a run, and for seconds only."""

import functools
import http.client
import urllib.error
import urllib.request

SECONDS = 3.0
ATTEMPTS = 3
DOCKER_HUB = "registry-1.docker.io"


@functools.cache
def reachable(host: str = DOCKER_HUB) -> bool:
    """Whether HOST answers as a registry does; that it wants to know who asks is an answer."""
    return any(_answers(host) for _ in range(ATTEMPTS))


def _answers(host: str) -> bool:
    try:
        with urllib.request.urlopen(f"https://{host}/v2/", timeout=SECONDS):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return error.code == 401
    except (OSError, http.client.HTTPException):
        return False
