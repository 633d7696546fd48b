"""Ed25519: a key pair, a signature, and whether it fits. A private key is never shown, not even in part."""

import hashlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import SecretStr

from recovery.errors import BadInput


def new_pair() -> tuple[SecretStr, bytes]:
    """Return a new private key, as PEM (PKCS #8), and its public key, as PEM."""
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SecretStr(pem.decode()), public_pem(private)


def private_key(pem: SecretStr) -> Ed25519PrivateKey:
    """Return the key; `BadInput` for what is none, without telling what it is."""
    try:
        # Secrets are stripped where they are read, and a PEM ends with a line.
        key = serialization.load_pem_private_key(
            pem.get_secret_value().strip().encode() + b"\n", password=None
        )
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadInput(
            f"The signing key is no PEM without a password ({type(error).__name__}); {_MAKE}"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(f"The signing key is of another kind than Ed25519; {_MAKE}")
    return key


def public_key(pem: bytes, *, name: str) -> Ed25519PublicKey:
    """Return the key; `BadInput` for what is none; *name* is what the message calls it."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadInput(
            f"{name} is no public key (PEM); give the one that belongs to the signing key."
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadInput(
            f"{name} is of another kind than Ed25519; give the one that belongs to the signing key."
        )
    return key


def public_pem(private: Ed25519PrivateKey) -> bytes:
    """Return the public key that belongs to it, as PEM."""
    return private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the SHA-256, in hex, of the key's 32 bytes: what people compare."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def fits(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    """Whether the signature was made by that key, over just these bytes."""
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


_MAKE = "`dr evidence key` makes one."
