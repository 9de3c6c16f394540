"""The `callcenter` command. Each of its commands is one file in `callcenter.cli`, loaded when it is asked for."""

from __future__ import annotations

import sys

from cyclopts import App

from callcenter.domain.errors import CallCenterError

app = App(name="callcenter", help="A computer-telephony call-centre platform on Asterisk.", version_flags=[])

app.command("callcenter.cli.serve:serve", name="serve")
app.command("callcenter.cli.doctor:doctor", name="doctor")
app.command("callcenter.cli.prepare:prepare", name="prepare")
app.command("callcenter.cli.cti:cti", name="cti")
app.command("callcenter.cli.reload:reload", name="reload")
app.command("callcenter.cli.callers:callers", name="callers")
app.command("callcenter.cli.network:network", name="network")
app.command("callcenter.cli.bank:bank", name="bank")
app.command("callcenter.cli.db:app", name="db")
app.command("callcenter.cli.customers:app", name="customers")
app.command("callcenter.cli.flow:app", name="flow")
app.command("callcenter.cli.simulate:app", name="simulate")


def main() -> None:
    """Run the command line. Our own errors are sentences; they end with status 1 and no traceback."""
    try:
        app()
    except CallCenterError as error:
        sys.stderr.write(f"callcenter: {error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
