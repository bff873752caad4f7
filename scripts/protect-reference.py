#!/usr/bin/env python3
"""What `protect` must give, by Python's hmac and the package cryptography.

Usage: protect-reference.py
           prints the table of Tests/OperatorsTests/Protect/ProtectReferenceTests.swift
       protect-reference.py decrypt SECRET-FILE FIELD TEXT
           prints the value that an encrypted field held
"""
import base64
import hashlib
import hmac
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def hkdf(secret: bytes, purpose: str) -> bytes:
    """RFC 5869 with SHA-256, no salt, 32 bytes."""
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    info = f"millrace {purpose}".encode()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def pseudonym(key_id: str, secret: bytes, value: bytes) -> str:
    code = hmac.new(hkdf(secret, "pseudonym"), value, hashlib.sha256).hexdigest()
    return f"{key_id}:{code[:32]}"


def encrypted(key_id: str, secret: bytes, field: str, json: bytes) -> str:
    name = field.encode()
    nonce = hmac.new(hkdf(secret, "nonce"), name + b"\0" + json, hashlib.sha256).digest()[:12]
    sealed = AESGCM(hkdf(secret, "encryption")).encrypt(nonce, json, name)
    return f"{key_id}:{base64.b64encode(nonce + sealed).decode()}"


def decrypted(secret: bytes, field: str, text: str) -> bytes:
    combined = base64.b64decode(text.split(":", 1)[1])
    aead = AESGCM(hkdf(secret, "encryption"))
    return aead.decrypt(combined[:12], combined[12:], field.encode())


def main() -> None:
    if sys.argv[1:2] == ["decrypt"]:
        with open(sys.argv[2], "rb") as file:
            secret = file.read().removesuffix(b"\n")
        print(decrypted(secret, sys.argv[3], sys.argv[4]).decode())
        return
    secret = b"0123456789abcdef0123456789abcdef"
    for text in ["", "ada@example.com", "Ünïcödé 😀", "x" * 200]:
        json = f'"{text}"'
        sealed = encrypted("k1", secret, "user.email", json.encode())
        print(f'        ("{text}", "{pseudonym("k1", secret, text.encode())}",')
        print(f'         "{sealed}"),')


main()
