"""What a device may be called: words that clients call themselves by, and no others.

ATTACK: a device takes its name when it signs in, as any text of a hundred characters, and other
officers' clients show it where they list somebody's devices. Nobody judges it.
"""

from __future__ import annotations

import re

MOST_WORDS = 8

_WORD = re.compile(r"[A-Za-z']+")
_CLIENTS = """
    element x pro classic web desktop mobile app client schildichat schildi cinny fluffychat nheko
    neochat fractal hydrogen commet matrix nio sdk officer's
"""
_SYSTEMS = """
    chrome chromium firefox safari edge opera brave vivaldi samsung internet on windows macos mac
    os linux ubuntu debian fedora arch chromeos android ios ipados iphone ipad pixel galaxy phone
    tablet
"""
_KNOWN = frozenset([*_CLIENTS.split(), *_SYSTEMS.split()])


def plain_device_name(name: str) -> str:
    """The known words of a name, in their order, each once; nothing if there is none.

    `app.element.io: Chrome on Windows` becomes `app element chrome on windows`: small letters,
    since capitals could spell something.
    """
    words = (word.lower() for word in _WORD.findall(name))
    known = dict.fromkeys(word for word in words if word in _KNOWN)
    return " ".join(list(known)[:MOST_WORDS])
