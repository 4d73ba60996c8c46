"""The words by which people call a priority, ground, theme, refusal or usefulness.

Each term has one code. Deadlines and states follow
from them elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from rilon.domain.letters import as_seen
from rilon.domain.request_course import Refusal, Usefulness
from rilon.domain.requests import Ground, Priority, Theme
from rilon.domain.word_forms import plain_word

LOOKED_AT = 400
"""Characters of an answer in which a term is looked for."""


Term = TypeVar("Term", bound=StrEnum)


def _words(table: Mapping[Term, str]) -> Mapping[str, Term]:
    listed = {plain_word(word): term for term, words in table.items() for word in words.split("|")}
    return MappingProxyType(listed)


PRIORITIES = _words(
    {
        Priority.URGENT: "urgent|urgently|asap|emergency|immediate|immediately|mendesak"
        "|segera|darurat|genting|kecemasan|ด่วน|ด่วนมาก|เร่งด่วน|জরুরি|জরুরী|urgente"
        "|urjente",
        Priority.ROUTINE: "routine|normal|not urgent|rutin|biasa|tidak mendesak"
        "|tak mendesak|ปกติ|ไม่ด่วน|সাধারণ|জরুরি নয়|rotina|normál|la urjente"
        "|não urgente",
    }
)

GROUNDS = _words(
    {
        Ground.THREAT: "security|public security|threat|terror|attack|keamanan|ancaman"
        "|keselamatan awam|ความมั่นคง|ภัยคุกคาม|নিরাপত্তা|হুমকি|segurança|ameaça"
        "|seguransa|ameasa",
        Ground.LIFE: "life|lives|limb|danger|drowning|distress|nyawa|jiwa|bahaya"
        "|tenggelam|ชีวิต|อันตราย|জীবন|প্রাণ|বিপদ|vida|perigo|vidas|perigu",
        Ground.DETENTION: "detention|detained|detain|custody|court|arrest|penahanan"
        "|tahanan|ditahan|penangkapan|กักตัว|ควบคุมตัว|จับกุม|আটক|গ্রেপ্তার|detenção"
        "|prisão|detensaun",
        Ground.RELEVANCE: "relevance|relevant|expires|expiring|too late|leaving|departing"
        "|sails|time|relevansi|terlambat|berangkat|kedaluwarsa|luput|ล่าช้า|ไม่ทัน"
        "|সময়|দেরি|relevância|tarde|relevánsia",
    }
)

THEMES = _words(
    {
        Theme.ROUTES: "routes|route|embarkation|destination|carriers|carrier"
        "|transport|points|rute|jalur|keberangkatan|angkutan|pengangkutan|laluan"
        "|เส้นทาง|রুট|rotas|transporte",
        Theme.GROUPS: "groups|group|organised|organized|network|syndicate|smugglers"
        "|identity|methods|kelompok|sindikat|jaringan|kumpulan|กลุ่ม|চক্র|grupos"
        "|grupu",
        Theme.DOCUMENTS: "travel documents|documents|document|passport|passports|visa"
        "|dokumen|paspor|pasport|เอกสาร|পাসপোর্ট|নথি|documentos|dokumentu",
        Theme.CONCEALMENT: "concealment|concealed|hidden|misuse|forged|forgery"
        "|penyembunyian|palsu|pemalsuan|ซ่อน|ปลอม|লুকানো|জাল|ocultação|falsificação",
        Theme.LEGISLATION: "legislation|legislative|law|laws|practices|undang-undang|hukum"
        "|perundangan|กฎหมาย|আইন|legislação|lei",
        Theme.TECHNOLOGY: "scientific|technical|technology|technological|detection"
        "|forensic|ilmiah|teknis|teknologi|saintifik|เทคโนโลยี|প্রযুক্তি|tecnologia"
        "|teknolojia",
    }
)

REFUSALS = _words(
    {
        Refusal.NOT_AVAILABLE: "not available|unavailable|no information|no records|no record"
        "|nothing found|not found|tidak tersedia|tidak ada|tidak ditemukan|tiada"
        "|ไม่มีข้อมูล|ไม่พบ|তথ্য নেই|não disponível|la iha",
        Refusal.NOT_IN_ORDER: "not in order|incomplete|unclear request|not our competence"
        "|tidak lengkap|tidak sesuai|tidak teratur|ไม่ครบถ้วน|অসম্পূর্ণ|incompleto",
        Refusal.AUTHORISATION_REFUSED: "judicial|authorisation|authorization|court refused|judge"
        "|izin pengadilan|pengadilan|mahkamah|ศาล|আদালত|autorização judicial|tribunal",
        Refusal.PERSONAL_DATA: "personal data|privacy|data protection|data pribadi"
        "|data peribadi|ข้อมูลส่วนบุคคล|ব্যক্তিগত তথ্য|dados pessoais",
        Refusal.OUTDATED: "inaccurate|outdated|out of date|unreliable|tidak akurat|usang"
        "|tidak tepat|ล้าสมัย|পুরনো|desatualizado|inexato",
        Refusal.SECURITY: "security|ongoing case|ongoing investigation|safety|endanger"
        "|in danger|keamanan|keselamatan|penyidikan berjalan|penyelidikan|siasatan"
        "|ความมั่นคง|ความปลอดภัย|নিরাপত্তা|segurança|investigação em curso",
        Refusal.TOO_MINOR: "minor|too minor|petty|trivial|ringan|tindak pidana ringan"
        "|เล็กน้อย|লঘু|menor gravidade",
        Refusal.CONSENT_MISSING: "third party|third state|consent|originator|pihak ketiga"
        "|persetujuan|บุคคลที่สาม|তৃতীয় পক্ষ|terceiro|consentimento",
    }
)

USEFULNESS = _words(
    {
        Usefulness.USEFUL: "useful|helpful|good|yes|berguna|bermanfaat|membantu|berfaedah"
        "|ya|มีประโยชน์|উপকারী|útil|util",
        Usefulness.PARTLY: "partly|partial|partially|somewhat|a little|sebagian|sebahagian"
        "|บางส่วน|আংশিক|em parte|parcialmente|balun",
        Usefulness.NOT_USEFUL: "not|not useful|useless|no|not helpful|tidak|tidak berguna"
        "|tak berguna|ไม่มีประโยชน์|না|অনুপকারী|não|inútil|la util",
    }
)


def terms_in(said: str, words: Mapping[str, Term]) -> frozenset[Term]:
    """The terms that a text names: by a word of it, or by two or three in a row.

    A longer run of words speaks before the shorter ones in it: `not useful` isn't `useful`.
    """
    split = [plain_word(word) for word in re.split(r"[\s,;:.!?()/]+", said[:LOOKED_AT])]
    left = [word for word in split if word]
    found: set[Term] = set()
    at = 0
    while at < len(left):
        for length in (3, 2, 1):
            term = words.get("".join(left[at : at + length]))
            if term is not None and at + length <= len(left):
                found.add(term)
                at += length
                break
        else:
            at += 1
    return frozenset(found)


def term_of(said: str, terms: type[Term], words: Mapping[str, Term]) -> Term | None:
    """The one term that an answer gives: its place (`2`), its code (`b`), or its words."""
    listed = list(terms)
    word = plain_word(said[:LOOKED_AT])
    if word.isdecimal() and len(word) == 1 and 0 < int(word) <= len(listed):
        return listed[int(word) - 1]
    by_code = {term.value: term for term in listed}
    if word in by_code or word in words:
        return by_code.get(word) or words[word]
    lettered = re.match(r"\(?([a-z])[).:,-]", as_seen(said[:40]).strip().casefold())
    if lettered and lettered[1] in by_code:
        return by_code[lettered[1]]
    found = terms_in(said, words)
    return next(iter(found)) if len(found) == 1 else None
