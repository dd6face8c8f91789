"""The writers of access: the organisation, its people, what they may do, how they come in, and keys.

Each subject has a file of its own; this is the front door to all of them.
"""

from __future__ import annotations

from piepowder.access.giving import CodeTaken
from piepowder.access.invitations import (
    Invited,
    LinkDead,
    accept_invitation,
    invite,
    invite_again,
    revoke_invitation,
)
from piepowder.access.keys import NewKey, create_key, hash_secret, revoke_key
from piepowder.access.lockout import Attempt, forgive, note_failure, unlock
from piepowder.access.managers import ManagerCircle, set_manager
from piepowder.access.organisation import (
    change_site,
    change_team,
    change_vendor,
    create_site,
    create_team,
    create_vendor,
)
from piepowder.access.people import (
    EmailTaken,
    PersonFields,
    add_person,
    change_person,
    change_preferences,
    record_login,
    record_own_password,
    set_password,
    set_person_active,
)
from piepowder.access.reviews import sign_off
from piepowder.access.rights import give, save_role, save_roles, take_back
from piepowder.access.second_factor import record_second_factor, remove_second_factor
from piepowder.access.sessions import end_sessions
from piepowder.access.shipping import ShippedRoles, load_shipped_roles
from piepowder.access.single_sign_on import admit, record_link, unlink

__all__ = [
    "Attempt",
    "CodeTaken",
    "EmailTaken",
    "Invited",
    "LinkDead",
    "ManagerCircle",
    "NewKey",
    "PersonFields",
    "ShippedRoles",
    "accept_invitation",
    "add_person",
    "admit",
    "change_person",
    "change_preferences",
    "change_site",
    "change_team",
    "change_vendor",
    "create_key",
    "create_site",
    "create_team",
    "create_vendor",
    "end_sessions",
    "forgive",
    "give",
    "hash_secret",
    "invite",
    "invite_again",
    "load_shipped_roles",
    "note_failure",
    "record_link",
    "record_login",
    "record_own_password",
    "record_second_factor",
    "remove_second_factor",
    "revoke_invitation",
    "revoke_key",
    "save_role",
    "save_roles",
    "set_manager",
    "set_password",
    "set_person_active",
    "sign_off",
    "take_back",
    "unlink",
    "unlock",
]
