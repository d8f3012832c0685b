"""Checks an RS256 signature with nothing but the standard library: for a sandbox, not to protect anything."""

from __future__ import annotations

import base64
import hashlib
import re

#: In DER: the object identifier rsaEncryption and its NULL; keys and certificates hold the public key behind it.
RSA = bytes.fromhex("06092a864886f70d0101010500")
#: What stands before the digest in a PKCS #1 v1.5 signature made with SHA-256.
SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")


def public_numbers(pem: str) -> tuple[int, int]:
    """Return modulus and exponent of an RSA public key or certificate in PEM.

    Raises:
        ValueError: It is neither.
    """
    packed = re.search(r"-----BEGIN (PUBLIC KEY|CERTIFICATE)-----(.*?)-----END", pem, re.DOTALL)
    der = base64.b64decode(packed[2]) if packed else b""
    start = der.find(RSA)
    if start < 0:
        raise ValueError("neither an RSA public key nor a certificate with one")
    bits, _ = _element(der, start + len(RSA))
    sequence, _ = _element(bits, 1)  # the first byte counts unused bits
    modulus, after = _element(sequence, 0)
    exponent, _ = _element(sequence, after)
    return int.from_bytes(modulus), int.from_bytes(exponent)


def _element(der: bytes, at: int) -> tuple[bytes, int]:
    """Return the content of the element at *at*, and where the next one begins."""
    size = der[at + 1]
    start = at + 2
    if size & 0x80:
        length = size & 0x7F
        size, start = int.from_bytes(der[start : start + length]), start + length
    return der[start : start + size], start + size


def signed(message: bytes, signature: bytes, pem: str) -> bool:
    """Whether *signature* is that of *message* by the key's owner."""
    modulus, exponent = public_numbers(pem)
    size = (modulus.bit_length() + 7) // 8
    if len(signature) != size:
        return False
    opened = pow(int.from_bytes(signature), exponent, modulus).to_bytes(size)
    digest = SHA256 + hashlib.sha256(message).digest()
    return opened == b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
