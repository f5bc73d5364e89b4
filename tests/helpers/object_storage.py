"""A server on this machine that stands for object storage."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BUCKET = "bucket"
# Of nobody: the server asks for some.
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def object_storage() -> Iterator[str]:
    """Start one with an empty bucket, and name it in this process's environment; gives its address."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    names = VARIABLES | {"AWS_ENDPOINT_URL": f"http://{host}:{port}"}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        _client().create_bucket(Bucket=BUCKET)
        yield names["AWS_ENDPOINT_URL"]
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        server.stop()


def upload(folder: Path, prefix: str) -> None:
    """Copy the files of a folder into the bucket."""
    client = _client()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            client.put_object(
                Bucket=BUCKET, Key=f"{prefix}/{file.relative_to(folder).as_posix()}", Body=file.read_bytes()
            )


def delete(key: str) -> None:
    """Delete an object of the bucket."""
    _client().delete_object(Bucket=BUCKET, Key=key)


def _client() -> Any:
    import boto3

    return boto3.client("s3")
