"""`python -m ml_assets.webserver.child PARENT MODULE WORDS...`: a module as a command that ends with its parent."""

import os
import runpy
import signal
import sys
import threading
import time

LOOK_SECONDS = 0.5
GRACE_SECONDS = 15.0


def follow(parent: int) -> None:
    """Interrupt this process once its parent has ended, and end it where that does not help."""
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    _, parent, module, *words = sys.argv
    threading.Thread(target=follow, args=(int(parent),), daemon=True).start()
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
