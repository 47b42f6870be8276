#!/usr/bin/env python3
"""Holds the signed URLs of the library against those of botocore, byte for byte.

    python tests/python/check_presign.py [--count 6000] [--seed N]      needs `botocore`
    python tests/python/check_presign.py --write-fixture                makes fixtures/presign/botocore.jsonl again

Generates requests with everything that URIs, headers and times make hard, has botocore sign them, and hands request and
URL to the test `presign_botocore`, which signs them with the library. The seed of a run is printed.
"""

import argparse
import base64
import datetime
import json
import os
import random
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

import botocore
import botocore.auth
import botocore.awsrequest
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "fixtures/presign/botocore.jsonl"
FIXTURE_COUNT, FIXTURE_SEED = 120, 20260101
SPECIAL = [" ", "+", "%", "%2F", "%20", "//", "/", ".", "..", "/./", "/../", "~", "é", "日本", "🙂", "\x00", "\n", "\x7f",
           "?", "#", "&", "=", ";", ":", "@", "$", ",", "!", "'", "(", ")", "*", "[", "]", "\\", "|", "<", ">", '"', "{", "}",
           "^", "`", "-", "_"]
METHODS = {
    "get_object": "GET", "put_object": "PUT", "head_object": "HEAD", "delete_object": "DELETE",
    "create_multipart_upload": "POST", "upload_part": "PUT", "complete_multipart_upload": "POST",
    "abort_multipart_upload": "DELETE", "list_parts": "GET", "get_object_tagging": "GET",
}
REGIONS = ["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1", "ap-southeast-2"]
BUCKETS = ["bucket", "my-bucket-2", "my.bucket", "My_Bucket", "b" * 63, "x" * 64, "abc", "ab"]
ENDPOINTS = [None, None, None, "http://127.0.0.1:9000", "http://[::1]:9000", "https://minio.example:9000", "https://S3.Example.com:443",
             "https://storage.example/base", "https://storage.example/a/b~c/", "http://localhost"]
SERVICES = ["execute-api", "sts", "lambda", "es", "service"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--write-fixture", action="store_true")
    args = parser.parse_args()
    if args.write_fixture:
        lines = Generator(FIXTURE_SEED).cases(FIXTURE_COUNT)
        FIXTURE.write_text("".join(json.dumps(case, separators=(",", ":")) + "\n" for case in lines))
        return 0
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"{args.count} requests, botocore {botocore.__version__}, --seed {seed}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.jsonl"
        with path.open("w") as file:
            for case in Generator(seed).cases(args.count):
                file.write(json.dumps(case) + "\n")
        command = ["cargo", "test", "--quiet", "--locked", "--test", "presign_botocore", "--", "--nocapture"]
        return subprocess.run(command, cwd=ROOT, env=os.environ | {"PRESIGN_CASES": str(path)}).returncode


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.session = botocore.session.Session()
        self.clients = {}
        self.now = None
        botocore.auth.get_current_datetime = lambda *_, **__: self.now

    def cases(self, count):
        kinds = [self.s3_through_a_client] * 4 + [self.s3_of_any_bytes, self.other_service]
        for _ in range(count):
            yield self.random.choice(kinds)()

    def text(self, longest=12):
        pieces = SPECIAL + ["a", "Z", "0", "model", ".safetensors.enc"]
        return "".join(self.random.choice(pieces) for _ in range(self.random.randint(1, longest)))

    def ascii(self):
        return "".join(self.random.choice(" ~a1+/=%\"") for _ in range(self.random.randint(1, 12)))

    def header_value(self):
        return self.random.choice(["", " ", "  ", "\t"]).join(self.ascii().strip() or "v" for _ in range(self.random.randint(1, 3)))

    def common(self):
        time = self.random.choice([self.random.randrange(2**31), 951_782_400, 1_709_164_800, 1_798_761_599, 4_102_444_800])
        self.now = datetime.datetime.fromtimestamp(time, datetime.timezone.utc)
        token = self.random.choice([None, None, "token", "FwoGZXIvYXdzE" + "A+/=" * self.random.randint(1, 90)])
        return {
            "access_key": self.random.choice(["AKIDEXAMPLE", "minioadmin", "AK+ID=x"]),
            "secret": self.random.choice(["wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "s", "k" * 200]),
            "token": token,
            "region": self.random.choice(REGIONS),
            "time": time,
            "expires": self.random.choice([1, 60, 900, 3600, 604_799, 604_800, self.random.randint(1, 604_800)]),
        }

    def s3_through_a_client(self):
        case = self.common()
        endpoint, bucket = self.random.choice(ENDPOINTS), self.random.choice(BUCKETS)
        addressing = self.random.choice(["auto", "virtual", "path"])
        if addressing == "virtual" and not self.goes_into_host(bucket, endpoint):
            addressing = "auto"
        # Where botocore's `auto` means the global endpoint at AWS, the library means the regional one.
        style = "virtual" if addressing == "auto" and endpoint is None else addressing
        operation = self.random.choice(list(METHODS))
        parameters = self.parameters(operation) | {"Bucket": bucket, "Key": self.text()}
        override = self.random.choice([None, None, None, "GET", "PUT", "HEAD", "DELETE", "POST", "OPTIONS"])
        client = self.client(case, endpoint, style)
        seen = []
        client.meta.events.register("before-sign.s3", lambda request, **_: seen.append(request))
        url = client.generate_presigned_url(operation, Params=parameters, ExpiresIn=case["expires"], HttpMethod=override)
        query = urllib.parse.urlsplit(url).query.split("&")
        return case | {
            "kind": "s3", "endpoint": endpoint, "addressing": addressing, "bucket": bucket,
            "method": override or METHODS[operation],
            "key": base64.b64encode(parameters["Key"].encode()).decode(),
            "query": self.own_query(query),
            "headers": [list(header) for header in seen[-1].headers.items()],
            "url": url,
        }

    def parameters(self, operation):
        chosen = {}
        upload = {"UploadId": self.text(4)}
        if operation == "upload_part":
            chosen = {"PartNumber": self.random.randint(1, 10_000)} | upload
        elif operation in ("complete_multipart_upload", "abort_multipart_upload", "list_parts"):
            chosen = upload
        elif operation == "get_object":
            chosen = {"ResponseContentType": self.ascii(), "ResponseContentDisposition": f'attachment; filename="{self.text()}"',
                      "VersionId": self.text(4), "Range": "bytes=0-1023", "IfMatch": '"etag"', "SSECustomerKey": "k" * 32,
                      "SSECustomerAlgorithm": "AES256"}
        elif operation in ("head_object", "delete_object", "get_object_tagging"):
            chosen = {"VersionId": self.text(4)}
        elif operation in ("put_object", "create_multipart_upload"):
            chosen = {"ContentType": "application/x " + self.header_value(), "CacheControl": self.header_value(),
                      "ACL": "bucket-owner-full-control",
                      "Metadata": {name: self.header_value() for name in ["a", "Name", "x-y_z", "zz"]}}
        needed = {"UploadId", "PartNumber"} if "UploadId" in chosen else set()
        names = [name for name in chosen if name in needed or self.random.random() < 0.5]
        if ("SSECustomerKey" in names) != ("SSECustomerAlgorithm" in names):
            names = [name for name in names if not name.startswith("SSE")]
        self.random.shuffle(names)
        return {name: chosen[name] for name in names}

    def s3_of_any_bytes(self):
        """Keys that are no text, which botocore's client does not take and its signer does."""
        case = self.common()
        key = bytes(self.random.randrange(256) for _ in range(self.random.randint(1, 40)))
        path = "/bucket/" + urllib.parse.quote(key, safe="/~")
        endpoint, bucket, headers = "https://minio.example:9000", "bucket", self.headers()
        query = {f"{self.ascii().strip() or 'q'}{index}": self.text() for index in range(self.random.randint(0, 3))}
        url = self.signed(botocore.auth.S3SigV4QueryAuth, case, "s3", endpoint + path, query, headers)
        return case | {
            "kind": "s3", "endpoint": endpoint, "addressing": "path", "bucket": bucket, "method": "GET",
            "key": base64.b64encode(key).decode(), "query": [list(item) for item in query.items()], "headers": headers, "url": url,
        }

    def other_service(self):
        case = self.common()
        service, endpoint = self.random.choice(SERVICES), "https://service.example"
        path, headers = "/" + self.text(), self.headers()
        query = {f"{self.ascii().strip() or 'q'}{index}": self.text() for index in range(self.random.randint(0, 3))}
        url = self.signed(botocore.auth.SigV4QueryAuth, case, service, endpoint + urllib.parse.quote(path, safe="/~"), query, headers)
        return case | {
            "kind": "service", "service": service, "endpoint": endpoint, "method": "GET",
            "key": base64.b64encode(path.encode()).decode(), "query": [list(item) for item in query.items()], "headers": headers, "url": url,
        }

    def headers(self):
        names = ["content-type", "Range", "X-Amz-Meta-A", "x-amz-meta-b", "A.b"]
        return [[name, self.header_value()] for name in self.random.sample(names, self.random.randint(0, len(names)))]

    def signed(self, auth, case, service, url, query, headers):
        request = botocore.awsrequest.AWSRequest(method="GET", url=url, headers=dict(headers), params=dict(query))
        credentials = Credentials(case["access_key"], case["secret"], case["token"])
        auth(credentials, service, case["region"], expires=case["expires"]).add_auth(request)
        return request.url

    @staticmethod
    def own_query(parameters):
        """What stands before the signature's own parameters, decoded."""
        own = parameters[: next(index for index, text in enumerate(parameters) if text.startswith("X-Amz-Algorithm="))]
        return [[urllib.parse.unquote(half) for half in parameter.split("=", 1)] for parameter in own]

    @staticmethod
    def goes_into_host(bucket, endpoint):
        label = bucket.islower() and bucket.replace("-", "").isalnum() and 3 <= len(bucket) <= 63
        return label and not (endpoint or "").startswith(("http://127", "http://["))

    def client(self, case, endpoint, style):
        key = (case["region"], endpoint, style, case["access_key"], case["secret"], case["token"])
        if key not in self.clients:
            self.clients[key] = self.session.create_client(
                "s3", region_name=case["region"], endpoint_url=endpoint, aws_access_key_id=case["access_key"],
                aws_secret_access_key=case["secret"], aws_session_token=case["token"],
                config=Config(signature_version="s3v4", request_checksum_calculation="when_required", ignore_configured_endpoint_urls=True,
                              s3={"addressing_style": style, "us_east_1_regional_endpoint": "regional"}))
        return self.clients[key]


if __name__ == "__main__":
    sys.exit(main())
