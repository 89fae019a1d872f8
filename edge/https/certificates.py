"""The site's authority and the box's certificate, by the cryptography library. Shell: random keys and serial numbers.

Time is passed in. A browser refuses certificates of private authorities that live longer than 825 days (Apple, from
iOS 13); ours live 397, renewed by one command without touching a tablet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.https.names import BoxNames, box_names

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397
BACKDATED = timedelta(days=1)
"""A tablet whose clock is a little behind accepts it all the same."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


def new_authority(site_name: str, names: BoxNames, now: datetime) -> Pair:
    """An authority that can sign for these names and networks and nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Menwei {site_name}"[:64])])
    permitted: list[x509.GeneralName] = [x509.DNSName(name) for name in names.names]
    permitted += [x509.IPAddress(network) for network in names.networks]
    builder = (
        _builder(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return _pair(builder.sign(key, hashes.SHA256()), key)


def new_server(authority: Pair, names: BoxNames, now: datetime) -> Pair:
    """The box's certificate with a fresh key. Raises ValueError where the authority may not sign these names."""
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    signing = serialization.load_pem_private_key(authority.key, None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey), "our authorities have P-256 keys"
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names.names]
    alternatives += [x509.IPAddress(address) for address in names.addresses]
    _check_permitted(issuer, alternatives)
    first = names.names[1] if len(names.names) > 1 else str(names.addresses[-1])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, first[:64])])
    days = min(SERVER_DAYS, (issuer.not_valid_after_utc - now).days)
    builder = (
        _builder(subject, issuer.subject, key.public_key(), now, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)  # type: ignore[arg-type]  # P-256
    )
    return _pair(builder.sign(signing, hashes.SHA256()), key)


def names_of(certificate: bytes) -> BoxNames:
    """The names that a box's certificate carries."""
    found = x509.load_pem_x509_certificate(certificate)
    alternatives = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    texts = [*alternatives.get_values_for_type(x509.DNSName)]
    texts += [str(address) for address in alternatives.get_values_for_type(x509.IPAddress)]
    return box_names(tuple(texts))


def days_left(certificate: bytes, now: datetime) -> float:
    """Days until it ends; negative afterwards. Raises ValueError for what is no certificate."""
    return (x509.load_pem_x509_certificate(certificate).not_valid_after_utc - now).total_seconds() / 86400


def fingerprint(certificate: bytes) -> str:
    """SHA-256 as pairs of hex digits, to be compared by eye when a tablet installs it."""
    return x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex(":").upper()


def der_of(certificate: bytes) -> bytes:
    """The same certificate in the form that Android installs."""
    return x509.load_pem_x509_certificate(certificate).public_bytes(serialization.Encoding.DER)


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def _check_permitted(issuer: x509.Certificate, names: list[x509.GeneralName]) -> None:
    """A certificate that no browser would take must not be made."""
    permitted = issuer.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    for name in names:
        if not any(_covers(subtree, name) for subtree in permitted):
            raise ValueError(
                f"本站证书机构不能签发 {name.value}；请重新 init 并在各平板上重新安装根证书 / "
                f"the site's authority may not sign {name.value}: run init anew, install it on every tablet"
            )


def _covers(subtree: x509.GeneralName, name: x509.GeneralName) -> bool:
    if isinstance(subtree, x509.IPAddress) and isinstance(name, x509.IPAddress):
        return name.value in subtree.value  # type: ignore[operator]  # a constraint's value is a network
    if isinstance(subtree, x509.DNSName) and isinstance(name, x509.DNSName):
        return name.value == subtree.value or name.value.endswith("." + subtree.value)
    return False


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer, subject, key, x509.random_serial_number(), now - BACKDATED, now + timedelta(days=days)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    return Pair(certificate.public_bytes(pem), key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
