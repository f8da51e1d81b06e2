"""Run any CDK app's assembly: `python -m localcloud cdk.out`, and `python -m localcloud --down` in the end."""

import argparse
import sys
from pathlib import Path

from localcloud import LocalCloud, LocalCloudError


def main() -> None:
    """Deploy an assembly to a local cloud that keeps running, or stop that."""
    parser = argparse.ArgumentParser(prog="python -m localcloud")
    parser.add_argument("assembly", type=Path, nargs="?", help="what `cdk synth` has written: cdk.out")
    parser.add_argument("--home", type=Path, default=Path(".localcloud"), help="the folder of its state")
    parser.add_argument("--iam", action="store_true", help="enforce the roles of functions")
    parser.add_argument("--down", action="store_true", help="stop the cloud; its state is kept")
    arguments = parser.parse_args()
    if (arguments.assembly is None) is not arguments.down:
        parser.error("name an assembly, or --down")
    cloud = LocalCloud(arguments.home, iam=arguments.iam)
    try:
        if arguments.down:
            cloud.stop()
            return
        cloud.start(detached=True)
        outputs = cloud.deploy(arguments.assembly)
    except LocalCloudError as error:
        sys.exit(f"error: {error}")
    for stack, values in outputs.items():
        for key, value in values.items():
            print(f"{stack}.{key} = {value}")  # noqa: T201 -- a command
    print("export", *(f"{name}={value}" for name, value in cloud.environment().items()))  # noqa: T201 -- a command


if __name__ == "__main__":
    main()
