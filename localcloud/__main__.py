"""Run any CDK app's assembly on a local cloud: `python -m localcloud up cdk.out`, `status` and `down`."""

import argparse
import json
import shlex
import sys
from pathlib import Path

from localcloud import LocalCloud, LocalCloudError


def main() -> None:
    """Do what the command line asks; exit with 1 and one line when the local cloud refuses."""
    parser = argparse.ArgumentParser(prog="python -m localcloud", description="An AWS on a laptop.")
    parser.add_argument("--home", type=Path, default=Path(".localcloud"), help="where the cloud keeps its state")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start the cloud, leave it running, and deploy an assembly if one is given")
    up.add_argument("assembly", type=Path, nargs="?", help="the folder that `cdk synth` wrote, such as cdk.out")
    commands.add_parser("status", help="print the address and the stacks")
    commands.add_parser("down", help="stop the cloud and keep its state")
    options = parser.parse_args()
    cloud = LocalCloud(options.home)
    try:
        if options.command == "down":
            cloud.stop()
            return
        if options.command == "up":
            cloud.start(detached=True)
            if options.assembly is not None:
                print(json.dumps(cloud.deploy(options.assembly), indent=2))  # noqa: T201 -- a command's answer
        status = cloud.status()
        lines = [f"{name}: {state}" for name, state in status.stacks.items()]
        if status.running:
            lines.append("export " + " ".join(f"{k}={shlex.quote(v)}" for k, v in cloud.environment().items()))
        print("\n".join(lines or ["The local cloud is down."]))  # noqa: T201 -- as above
    except LocalCloudError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
