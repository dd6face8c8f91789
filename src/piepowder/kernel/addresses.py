"""Which addresses may be reached when somebody outside tells us where to go.

A marketplace names the places of its media and webhooks. Without this check such a place could be the machine itself,
its neighbours or a cloud's metadata service. Whoever connects must connect to an address that was returned from here,
and not ask the name again: between two answers a name may move.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

Resolver = Callable[[str, int], Sequence[str]]

WEB_PORTS = frozenset({80, 443})
_DEFAULT_PORTS = {"http": 80, "https": 443}

# IANA's registries of special-purpose addresses (RFC 6890 and its successors). They are spelled out because what the
# standard library calls global has changed between Python's minor versions.
_SPECIAL_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Of IPv6 only global unicast is reachable at all; inside it lie documentation, and the wrappings (Teredo, 6to4) that
# carry an IPv4 address to somewhere else. NAT64 and IPv4-mapped addresses lie outside.
_UNICAST_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


class AddressRefused(Exception):
    """The place may not be reached; the text says why, in words for the person who named it."""


class NoSuchHost(Exception):
    """The name has no address, at least now."""


def is_public(address: str | IPv4Address | IPv6Address) -> bool:
    """Whether an IP address belongs to the public internet: not private, not reserved, no wrapping of another."""
    ip = ip_address(address)
    if isinstance(ip, IPv4Address):
        return not any(ip in block for block in _SPECIAL_V4)
    return ip.scope_id is None and ip in _UNICAST_V6 and not any(ip in block for block in _SPECIAL_V6)


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses of ``host`` in the operating system's order of preference; raises ``NoSuchHost``."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoSuchHost(f"the name {host} has no address") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolve_public(
    host: str, port: int, allow_private: bool = False, resolver: Resolver = system_resolver
) -> tuple[str, ...]:
    """The addresses of ``host`` to connect to, best first.

    Raises ``AddressRefused`` when any of them is not public (a name that answers with a public and a private address is
    playing tricks), ``NoSuchHost`` when there is none.
    """
    addresses = tuple(resolver(host, port))
    if not addresses:
        raise NoSuchHost(f"the name {host} has no address")
    if not allow_private and not all(is_public(address) for address in addresses):
        raise AddressRefused(f"{host} is at a private or reserved address")
    return addresses


def check_url(url: str, ports: Collection[int] | None = WEB_PORTS) -> None:
    """Raise ``AddressRefused`` unless ``url`` is http(s), names a host, carries no password and uses one of ``ports``.

    ``None`` allows every port. The host's addresses are not looked at here.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise AddressRefused("this is not a web address") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise AddressRefused("only addresses that start with http:// or https:// are fetched")
    if not parts.hostname:
        raise AddressRefused("the address names no host")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("the address carries a user name or password")
    if ports is not None and port not in ports:
        raise AddressRefused(f"port {port} is not among the allowed ones ({', '.join(map(str, sorted(ports)))})")
