"""Signs requests with botocore, and writes what it signed: the vectors of SignatureV4Tests.

    python3 -m venv .venv && .venv/bin/pip install botocore && .venv/bin/python Tests/AWSTests/make-signatures.py

The keys are made up.
"""

import datetime
import json
from pathlib import Path
from unittest import mock

import botocore
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEYS = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
AT = datetime.datetime(2024, 2, 29, 23, 59, 7, tzinfo=datetime.timezone.utc)

CASES = [
    ("GET", "https://data.s3.us-east-1.amazonaws.com/", {}, "", None, "us-east-1"),
    ("GET", "https://data.s3.eu-central-1.amazonaws.com/?list-type=2&prefix=a%2Fb%20c%2B", {}, "", None, "eu-central-1"),
    ("GET", "http://localhost:8333/data/a%20b/%C3%BC.csv", {"Range": "bytes=0-99"}, "", None, "us-east-1"),
    ("GET", "http://localhost:8333/data/%252F%2B%26%3D", {"If-Match": '"d41d8cd9"', "Range": "bytes=5-9"}, "", None, "garage"),
    ("GET", "https://h.example/b/?prefix=&list-type=2&continuation-token=1%2F%3D%3D&a", {}, "", None, "auto"),
    ("GET", "https://h.example/b//twice//slashes/../x", {}, "", None, "auto"),
    ("PUT", "https://h.example:9443/b/k", {"If-None-Match": "*", "Content-Type": "application/octet-stream"}, "some text", None, "auto"),
    ("GET", "https://data.s3.us-east-1.amazonaws.com/k", {}, "", "FwoGZXIvYXdzEBYaDK/token==", "us-east-1"),
    ("HEAD", "https://h.example:443/b/k", {"X-Amz-Meta-Two":  "a   b "}, "", None, "us-east-1"),
]


class Fixed(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return AT.replace(tzinfo=None)

    @classmethod
    def now(cls, tz=None):
        return AT if tz else AT.replace(tzinfo=None)


def main() -> None:
    vectors = []
    for method, url, headers, body, token, region in CASES:
        request = AWSRequest(method=method, url=url, headers=dict(headers), data=body.encode())
        # The digest of the body is signed over TLS too, as ours is.
        request.context["client_config"] = None
        signer = S3SigV4Auth(Credentials(*KEYS, token), "s3", region)
        with (
            mock.patch("botocore.auth.get_current_datetime", lambda *a, **k: AT, create=True),
            mock.patch("botocore.auth.datetime", mock.Mock(datetime=Fixed), create=True),
            mock.patch.object(S3SigV4Auth, "_should_sha256_sign_payload", lambda *a: True),
        ):
            signer.add_auth(request)
        assert request.headers["X-Amz-Date"] == "20240229T235907Z", request.headers["X-Amz-Date"]
        vectors.append({
            "method": method, "url": url, "headers": [list(item) for item in headers.items()], "body": body, "token": token,
            "region": region, "authorization": request.headers["Authorization"],
        })
    document = {"access_key": KEYS[0], "secret_key": KEYS[1], "microseconds": int(AT.timestamp()) * 1_000_000, "vectors": vectors}
    path = Path(__file__).with_name("signatures.json")
    path.write_text(json.dumps(document, indent=1) + "\n")
    print(f"botocore {botocore.__version__}: {len(vectors)} vectors")


main()
