"""A private object store for the tests: moto's server, which speaks S3 over HTTP on the loopback."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from config import processes
from tests.support.servers import ServerFailed, free_port

BUCKET = "kokoroe-tests"


@dataclass(frozen=True, slots=True)
class Store:
    """One store with one bucket, and a client of the tests' own that looks behind our backs."""

    environ: dict[str, str]
    client: Any
    process: subprocess.Popen[bytes]

    def objects(self) -> dict[str, int]:
        """Names and sizes of everything in the bucket."""
        found = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", ())
        return {one["Key"]: one["Size"] for one in found}

    def unfinished(self) -> int:
        """Uploads that were begun and neither finished nor given up."""
        return len(self.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ()))


@contextmanager
def s3() -> Iterator[Store]:
    """A store that lives as long as the block."""
    import boto3
    from botocore.config import Config

    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=processes.dies_with_us()
    )
    environ = {
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "secret of the tests",
        "AWS_DEFAULT_REGION": "eu-west-3",
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    client = boto3.client(
        "s3",
        endpoint_url=environ["AWS_ENDPOINT_URL_S3"],
        region_name=environ["AWS_DEFAULT_REGION"],
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=2),
    )
    try:
        _make_bucket(client, server)
        yield Store(environ, client, server)
    finally:
        client.close()
        processes.stop(server, (signal.SIGKILL, 5.0))


def _make_bucket(client: Any, server: "subprocess.Popen[bytes]", seconds: float = 60) -> None:
    from botocore.exceptions import EndpointConnectionError

    deadline = time.monotonic() + seconds
    while True:
        try:
            client.create_bucket(
                Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": client.meta.region_name}
            )
        except EndpointConnectionError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed("moto's server did not start") from None
            time.sleep(0.1)
        else:
            return
