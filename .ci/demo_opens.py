"""Paste the README's first line into a shell in an 80x24 terminal; the demo must open and quit.

Run by .ci/run: `python .ci/demo_opens.py 'the line'`. Ends with 0 only when the login screen came
up with its credentials filled in and `ctrl+q` ended the program with its own exit code 0 or 7.
"""

import sys

import pexpect
import pyte


def main(line: str) -> int:
    """Run the line and look for the login screen; the exit code for the shell."""
    child = pexpect.spawn("bash", ["-c", line], dimensions=(24, 80), timeout=300, encoding="utf-8")
    screen = pyte.Screen(80, 24)
    stream = pyte.Stream(screen)

    def shown() -> str:
        return "\n".join(screen.display)

    for _ in range(600):
        try:
            stream.feed(child.read_nonblocking(65536, timeout=1))
        except pexpect.TIMEOUT:
            pass
        except pexpect.EOF:
            print(shown())
            print("the demo ended before its login screen came up")
            return 1
        if "Log in" in shown() and "demo" in shown():
            break
    else:
        print(shown())
        print("no login screen within 10 minutes")
        return 1
    print(shown())
    child.send("\x11")  # ctrl+q
    child.expect(pexpect.EOF, timeout=30)
    child.close()
    print(f"quit with {child.exitstatus}")
    return 0 if child.exitstatus in (0, 7) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
