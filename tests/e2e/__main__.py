"""`python -m tests.e2e`: make every image that the stories run, and print the variables that name them.

For `KUBECONFIG=... make e2e`: push them to where that cluster's nodes pull from, and let the variables name them there.
"""

from tests.e2e.given import variable
from tests.e2e.ground import IMAGES
from tests.kind import daemon

daemon.ensure()
for what, make in IMAGES.items():
    print(f"export {variable(what)}={make()}", flush=True)
