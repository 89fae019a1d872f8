"""What the box is called on its network, and what its authority may sign at all. Core: pure.

A stolen authority must not be able to play somebody's bank: it is bound (RFC 5280, 4.2.1.10) to the names of this box
and to the private network that its addresses belong to, so that a changed address needs no new authority.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PRIVATE: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")
)
"""RFC 1918, link-local and loopback."""
NAMES_MAX = 20
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class NameRefused(ValueError):
    """A name or address that a certificate cannot carry; the text says why, in zh and en."""


@dataclass(frozen=True, slots=True)
class BoxNames:
    """Names and addresses under which tablets open the page."""

    names: tuple[str, ...]
    addresses: tuple[Address, ...]

    @property
    def networks(self) -> tuple[Network, ...]:
        """What the authority may sign for: the private networks of the addresses; elsewhere the address alone."""
        found = {
            next((net for net in PRIVATE if one.version == net.version and one in net), ipaddress.ip_network(one))
            for one in self.addresses
        }
        return tuple(sorted(found, key=lambda net: (net.version, int(net.network_address), net.prefixlen)))


def box_names(given: tuple[str, ...]) -> BoxNames:
    """Names and addresses as typed, sorted into both; the box itself is always among them. Raises `NameRefused`."""
    names, addresses = ["localhost"], [ipaddress.ip_address("127.0.0.1")]
    for text in given:
        try:
            addresses.append(ipaddress.ip_address(text.strip()))
        except ValueError:
            names.append(_dns(text))
    if not given:
        raise NameRefused(
            "请给出平板访问网关所用的地址或名称 / give the address or name under which tablets open the page"
        )
    if len(names) + len(addresses) > NAMES_MAX:
        raise NameRefused(f"名称和地址最多 {NAMES_MAX} 个 / at most {NAMES_MAX} names and addresses")
    return BoxNames(tuple(dict.fromkeys(names)), tuple(dict.fromkeys(addresses)))


def _dns(text: str) -> str:
    name = text.strip().lower().rstrip(".")
    if len(name) > 200 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise NameRefused(f"“{text}”既不是 IP 地址也不是主机名 / {text!r} is neither an IP address nor a host name")
    if all(label.isdigit() for label in name.split(".")):
        raise NameRefused(f"“{text}”不是有效的 IP 地址 / {text!r} is no valid IP address")
    return name
