"""`client.py SOCKET INTERPRETER PYTHONPATH WORDS...`: has the server run `python WORDS...`, with the streams of this
process, and ends as it does. What a fork of the server would not do as a new process does is run by a new process.
"""

import marshal
import os
import signal
import socket
import sys

OBEYED = {"PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
"""What Python reads from the environment when it starts, and the server sees to."""


def main(address: str, interpreter: str, path: str, words: list[str]) -> int:
    asked = {name for name in os.environ if name.startswith("PYTHON")}
    is_program = bool(words) and (words[0] in ("-m", "-c") or words[0][0] != "-")
    if not is_program or asked - OBEYED or os.environ.get("PYTHONPATH") != path:
        os.execv(interpreter, [interpreter, *words])
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        socket.send_fds(server, [b"."], [0, 1, 2])
        server.sendall(marshal.dumps((os.getcwd(), dict(os.environ), words)))
        server.shutdown(socket.SHUT_WR)
        status = int(server.recv(64) or b"70")
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4], sys.argv[4:]))
