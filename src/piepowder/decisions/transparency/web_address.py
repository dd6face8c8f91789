"""What the database takes for a web address: any known scheme, a host, and the characters allowed in the rest."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final

_SCHEME_NAMES: Final = """
    aaa aaas about acap acct acd acr adiumxtra adt afp afs aim amss android appdata apt ark attachment aw barion
    beshare bitcoin bitcoincash blob bolo browserext calculator callto cap cast casts chrome chrome-extension
    cid coap coap+tcp coap+ws coaps coaps+tcp coaps+ws com-eventbrite-attendee content conti crid cvs dab data
    dav diaspora dict did dis dlna-playcontainer dlna-playsingle dns dntp dpp drm drop dtn dvb ed2k elsi example
    facetime fax feed feedready file filesystem finger first-run-pen-experience fish fm ftp fuchsia-pkg geo gg
    git gizmoproject go gopher graph gtalk h323 ham hcap hcp http https hxxp hxxps hydrazone iax icap icon im
    imap info iotdisco ipn ipp ipps irc irc6 ircs iris iris.beep iris.lwz iris.xpc iris.xpcs isostore itms
    jabber jar jms keyparc lastfm ldap ldaps leaptofrogans lorawan lvlt magnet mailserver mailto maps market
    message mid mms modem mongodb moz ms-access ms-browser-extension ms-calculator ms-drive-to ms-enrollment
    ms-excel ms-eyecontrolspeech ms-gamebarservices ms-gamingoverlay ms-getoffice ms-help ms-infopath
    ms-inputapp ms-lockscreencomponent-config ms-media-stream-id ms-mixedrealitycapture ms-mobileplans
    ms-officeapp ms-people ms-project ms-powerpoint ms-publisher ms-restoretabcompanion ms-screenclip
    ms-screensketch ms-search ms-search-repair ms-secondary-screen-controller ms-secondary-screen-setup
    ms-settings ms-settings-airplanemode ms-settings-bluetooth ms-settings-camera ms-settings-cellular
    ms-settings-cloudstorage ms-settings-connectabledevices ms-settings-displays-topology
    ms-settings-emailandaccounts ms-settings-language ms-settings-location ms-settings-lock
    ms-settings-nfctransactions ms-settings-notifications ms-settings-power ms-settings-privacy
    ms-settings-proximity ms-settings-screenrotation ms-settings-wifi ms-settings-workplace ms-spd ms-sttoverlay
    ms-transit-to ms-useractivityset ms-virtualtouchpad ms-visio ms-walk-to ms-whiteboard ms-whiteboard-cmd
    ms-word msnim msrp msrps mss mtqp mumble mupdate mvn news nfs ni nih nntp notes ocf oid onenote onenote-cmd
    opaquelocktoken openpgp4fpr pack palm paparazzi payto pkcs11 platform pop pres prospero proxy pwid psyc pttp
    qb query redis rediss reload res resource rmi rsync rtmfp rtmp rtsp rtsps rtspu s3 secondlife service
    session sftp sgn shttp sieve simpleledger sip sips skype smb sms smtp snews snmp soap.beep soap.beeps soldat
    spiffe spotify ssh steam stun stuns submit svn tag teamspeak tel teliaeid telnet tftp tg things thismessage
    tip tn3270 tool ts3server turn turns tv udp unreal urn ut2004 v-event vemmi ventrilo videotex vnc
    view-source wais webcal wpid ws wss wtai wyciwyg xcon xcon-userid xfire xmlrpc.beep xmlrpc.beeps xmpp xri
    ymsgr z39.50 z39.50r z39.50s
"""
_SCHEMES: Final = frozenset(_SCHEME_NAMES.split())

_ESCAPE: Final = r"%[0-9A-Fa-f]{2}"
# ``\w`` without the underscore is every letter and number; symbols and combining marks were put as these two letters.
_SYMBOL, _MARK = "\ue000", "\ue001"
_WORD: Final = r"[^\W_]"
_USER: Final = rf"(?:[\w.\-]|{_ESCAPE})+"
_LABEL: Final = rf"(?:{_WORD}|[-_$+<=>^`|~{_SYMBOL}{_MARK}])"
_DOMAIN: Final = rf"(?:(?:{_LABEL}+\.)+(?:xn--[a-z0-9-]+|(?:{_WORD}|{_MARK})+)|[a-z0-9_-]+)\.?"
_SHAPE: Final = re.compile(
    rf"""
    (?P<scheme>[a-z0-9.+-]+)://
    (?:(?:{_USER}:)?{_USER}@)?
    (?:{_DOMAIN}|\d{{1,3}}(?:\.\d{{1,3}}){{3}}|\[(?P<v6>[0-9a-f:.]+)\])
    (?::[0-9]+)?
    (?:/(?:{_WORD}|[-._~!$&'()*+,;=:@]|{_ESCAPE})*)*
    (?:\?(?:{_WORD}|[-._~!$&'\[\]()*+,;=:@/?]|{_ESCAPE})*)?
    (?:\#(?:{_WORD}|[-._~!$&'()*+,;=:@/?]|{_ESCAPE})*)?
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_web_address(text: str) -> bool:
    """Whether the database's rule for addresses lets ``text`` pass; its length is another rule's matter."""
    found = _SHAPE.fullmatch("".join(_told(character) for character in text))
    if found is None or found["scheme"].lower() not in _SCHEMES:
        return False
    return found["v6"] is None or _is_v6(found["v6"])


def _told(character: str) -> str:
    if character.isascii():
        return character
    kind = unicodedata.category(character)[0]
    # Numbers that Python does not count as such would otherwise fall out of the class of words.
    return {"S": _SYMBOL, "M": _MARK, "L": "a", "N": character if character.isdecimal() else "a"}.get(kind, "\x00")


def _is_v6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
