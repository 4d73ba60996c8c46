"""The words by which officers call what a report can say, in the network's languages.

A word that can mean two things has both: which one is meant, its writer says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from rilon.domain.reports import Age, Documents, Ending, Method, ReportKind, Sex, Vessel
from rilon.domain.word_forms import plain_word
from rilon.reports.draft import Field

Term: TypeAlias = ReportKind | Vessel | Method | Documents | Ending

_SHOWN: tuple[tuple[Term, str], ...] = (
    (ReportKind.SIGHTING, "sighting"),
    (ReportKind.CASE, "case"),
    (Vessel.FISHING, "fishing boat"),
    (Vessel.SPEEDBOAT, "speedboat"),
    (Vessel.CARGO, "cargo ship"),
    (Vessel.FERRY, "ferry"),
    (Vessel.YACHT, "yacht"),
    (Vessel.RAFT, "raft"),
    (Vessel.OTHER, "other vessel"),
    (Method.MOTHER_SHIP, "mother ship"),
    (Method.TRANSFER, "transfer at sea"),
    (Method.HIDDEN, "hidden"),
    (Method.ESCORTED, "escorted"),
    (Method.LANDING, "beach landing"),
    (Method.PORT, "through a port"),
    (Method.ABANDONED, "abandoned"),
    (Method.OTHER, "other method"),
    (Documents.NONE, "no papers"),
    (Documents.GENUINE, "genuine papers"),
    (Documents.FORGED, "forged papers"),
    (Documents.BORROWED, "borrowed papers"),
    (Documents.UNKNOWN, "papers unknown"),
    (Ending.INTERCEPTED, "intercepted"),
    (Ending.RESCUED, "rescued"),
    (Ending.LANDED, "landed"),
    (Ending.TURNED_BACK, "turned back"),
    (Ending.LOST, "lost at sea"),
    (Ending.UNDER_WAY, "under way"),
    (Ending.UNKNOWN, "outcome unknown"),
)
"""How each is written: the one spelling that reads in any place of a report."""

_OTHER_WORDS: tuple[tuple[Term, str], ...] = (
    (ReportKind.SIGHTING, ("seen|sighted|penampakan|terlihat|dilihat|พบเห็น|দেখা গেছে|avistamento"
    "|avistado|haree")),
    (ReportKind.CASE, "case note|kasus|kes|คดี|মামলা|caso|kazu"),
    (Vessel.FISHING, ("fishing|fishing vessel|fishing trawler|trawler|kapal nelayan|kapal ikan"
    "|perahu nelayan|bot nelayan|bot ikan|เรือประมง|মাছ ধরার নৌকা|মাছ ধরার ট্রলার|ট্রলার"
    "|barco de pesca|ró peska")),
    (Vessel.SPEEDBOAT, ("speed boat|fast boat|kapal cepat|perahu cepat|bot laju|เรือเร็ว|স্পিডবোট"
    "|lancha|lancha rápida")),
    (Vessel.CARGO, ("cargo|cargo vessel|cargo boat|freighter|kapal kargo|kapal barang|เรือสินค้า"
    "|মালবাহী জাহাজ|navio de carga|cargueiro")),
    (Vessel.FERRY, "feri|kapal feri|kapal penumpang|passenger ship|เรือเฟอร์รี่|เรือโดยสาร|ফেরি"),
    (Vessel.YACHT, "sailing boat|sailboat|kapal layar|เรือยอชต์|เรือยอร์ช|ইয়ট|iate|veleiro"),
    (Vessel.RAFT, "rakit|inflatable raft|แพ|ভেলা|jangada|balsa"),
    (Vessel.OTHER, "other|other boat|other ship|lain|lainnya|lain-lain|อื่นๆ|অন্যান্য|outro"),
    (Method.MOTHER_SHIP, "mothership|mother vessel|kapal induk|เรือแม่|মাদার শিপ|navio-mãe"),
    (Method.TRANSFER, ("transfer|transferred at sea|ship to ship|boat to boat|transshipment"
    "|pindah kapal|alih kapal|pemindahan di laut|ถ่ายเรือ|เปลี่ยนเรือกลางทะเล|transbordo")),
    (Method.HIDDEN, ("concealed|disembunyikan|sembunyi|tersembunyi|ซ่อน|ซ่อนตัว|লুকানো|লুকিয়ে"
    "|escondidos|escondido|ocultos")),
    (Method.ESCORTED, "escort|dikawal|kawalan|pengawalan|คุ้มกัน|escoltado|escolta"),
    (Method.LANDING, ("landing|direct landing|pendaratan|mendarat di pantai|ขึ้นฝั่งที่ชายหาด"
    "|desembarque|desembarque na praia")),
    (Method.PORT, ("port|via port|via a port|melalui pelabuhan|lewat pelabuhan|ผ่านท่าเรือ"
    "|বন্দর দিয়ে|por um porto|pelo porto")),
    (Method.ABANDONED, ("abandoned boat|no crew|crew left|ditinggalkan|ditinggal awak|tanpa awak"
    "|ถูกทิ้ง|ลูกเรือหนี|পরিত্যক্ত|abandonado")),
    (Method.OTHER, ("other|other way|lain|lainnya|lain-lain|cara lain|อื่นๆ|অন্যান্য|outro"
    "|outro método")),
    (Documents.NONE, ("no documents|without papers|without documents|undocumented|no passports"
    "|tanpa dokumen|tanpa surat|tiada dokumen|tidak ada dokumen|ไม่มีเอกสาร|কাগজপত্র নেই"
    "|কোনো কাগজপত্র নেই|sem documentos|sem papéis|la iha dokumentu")),
    (Documents.GENUINE, ("genuine|genuine documents|valid papers|dokumen asli|dokumen sah|asli"
    "|เอกสารจริง|আসল কাগজপত্র|documentos genuínos|documentos verdadeiros")),
    (Documents.FORGED, ("forged|forged documents|fake papers|fake documents|false papers"
    "|false documents|forged passports|fake passports|dokumen palsu|palsu|เอกสารปลอม"
    "|জাল কাগজপত্র|জাল|documentos falsos|dokumentu falsu")),
    (Documents.BORROWED, ("borrowed|borrowed documents|dokumen pinjaman|dokumen orang lain"
    "|เอกสารของผู้อื่น|documentos de outrem|documentos emprestados")),
    (Documents.UNKNOWN, ("unknown|documents unknown|tidak diketahui|tidak diketahui dokumennya"
    "|tak diketahui|ไม่ทราบ|অজানা|desconhecido|documentos desconhecidos")),
    (Ending.INTERCEPTED, ("stopped|seized|dicegat|dihentikan|dipintas|ถูกสกัด|ถูกจับ"
    "|আটক|intercetado|interceptado|apreendido")),
    (Ending.RESCUED, ("saved|diselamatkan|ช่วยเหลือแล้ว|ได้รับการช่วยเหลือ|উদ্ধার|resgatados"
    "|resgatado|salvos")),
    (Ending.LANDED, "came ashore|ashore|disembarked|mendarat|ขึ้นฝั่ง|অবতরণ|desembarcaram|desembarcou"),
    (Ending.TURNED_BACK, ("pushed back|dihalau|diusir|ถูกผลักดันกลับ"
    "|ফেরত পাঠানো|devolvido|mandado de volta")),
    (Ending.LOST, ("lost|sank|sunk|capsized|tenggelam|karam|hilang|จม|เรือล่ม|ডুবে গেছে|ডুবি"
    "|naufragou|naufrágio|afundou|mout")),
    (Ending.UNDER_WAY, ("underway|still at sea|dalam perjalanan|masih di laut|belayar"
    "|กำลังเดินทาง|যাত্রাপথে|em curso|em viagem")),
    (Ending.UNKNOWN, ("unknown|result unknown|tidak diketahui|tidak diketahui hasilnya"
    "|tak diketahui|ไม่ทราบ|অজানা|desconhecido|resultado desconhecido")),
)  # fmt: skip

_FIELD_OF: Mapping[type[StrEnum], Field] = {
    ReportKind: Field.KIND,
    Vessel: Field.VESSEL,
    Method: Field.METHODS,
    Documents: Field.DOCUMENTS,
    Ending: Field.ENDING,
}


def field_of(term: Term) -> Field:
    """The field that a term is of."""
    return _FIELD_OF[type(term)]


# Terms of two fields may be equal as text (`unknown`): none is ever the key of a mapping.
_BY_CODE = {(field_of(term), term.value): shown for term, shown in _SHOWN}


def shown(term: Term) -> str:
    """How a term is written: the one spelling that reads in any place of a report."""
    return _BY_CODE[field_of(term), term.value]


def _by_word() -> dict[str, tuple[Term, ...]]:
    found: dict[str, tuple[Term, ...]] = {}
    for terms in (_SHOWN, _OTHER_WORDS):
        for term, words in terms:
            for word in dict.fromkeys(map(plain_word, words.split("|"))):
                if not any(one is term for one in found.get(word, ())):
                    found[word] = (*found.get(word, ()), term)
    return found


TERMS: Mapping[str, tuple[Term, ...]] = MappingProxyType(_by_word())
"""What a word in its plain form can mean, without the names of the gazetteer."""

# --- people ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counted:
    """Whom a number counts. `whole`: the word may count those too that are named beside it
    (`5 children, 2 of them girls`)."""

    age: Age
    sex: Sex
    whole: bool = False


COUNTED_SHOWN: Mapping[tuple[Age, Sex], tuple[str, str]] = MappingProxyType(
    {
        (Age.ADULT, Sex.MALE): ("man", "men"),
        (Age.ADULT, Sex.FEMALE): ("woman", "women"),
        (Age.ADULT, Sex.UNKNOWN): ("adult of unknown sex", "adults of unknown sex"),
        (Age.CHILD, Sex.MALE): ("boy", "boys"),
        (Age.CHILD, Sex.FEMALE): ("girl", "girls"),
        (Age.CHILD, Sex.UNKNOWN): ("child of unknown sex", "children of unknown sex"),
        (Age.UNKNOWN, Sex.MALE): ("male of unknown age", "males of unknown age"),
        (Age.UNKNOWN, Sex.FEMALE): ("female of unknown age", "females of unknown age"),
        (Age.UNKNOWN, Sex.UNKNOWN): ("other person", "other people"),
    }
)
"""How one and how many of each are written: what can't be taken for a total of others."""

_COUNTED_WORDS: Mapping[Counted, str] = {
    Counted(Age.ADULT, Sex.MALE): "man|men|adult man|adult men|adult male|adult males|laki-laki"
    "|lelaki|pria|laki-laki dewasa|pria dewasa|lelaki dewasa|ชาย|ผู้ชาย|পুরুষ|homem|homens|mane",
    Counted(Age.ADULT, Sex.FEMALE): "woman|women|adult woman|adult women|adult female"
    "|adult females|perempuan|wanita|perempuan dewasa|wanita dewasa|หญิง|ผู้หญิง|নারী|মহিলা"
    "|mulher|mulheres|feto",
    Counted(Age.CHILD, Sex.MALE): "boy|boys|male child|male children|anak laki-laki|anak lelaki"
    "|kanak-kanak lelaki|budak lelaki|เด็กชาย|ছেলে|menino|meninos|rapaz|rapazes|labarik mane",
    Counted(Age.CHILD, Sex.FEMALE): "girl|girls|female child|female children|anak perempuan"
    "|kanak-kanak perempuan|budak perempuan|เด็กหญิง|মেয়ে|menina|meninas|rapariga"
    "|raparigas|labarik feto",
    Counted(Age.UNKNOWN, Sex.MALE): "male|males",
    Counted(Age.UNKNOWN, Sex.FEMALE): "female|females",
    Counted(Age.ADULT, Sex.UNKNOWN, whole=True): "adult|adults|dewasa|orang dewasa|ผู้ใหญ่"
    "|প্রাপ্তবয়স্ক|adulto|adultos",
    Counted(Age.CHILD, Sex.UNKNOWN, whole=True): "child|children|minor|minors|kid|kids|anak"
    "|anak-anak|kanak-kanak|budak|เด็ก|শিশু|criança|crianças|menor|menores|labarik",
    Counted(Age.UNKNOWN, Sex.UNKNOWN, whole=True): "people|person|persons|pax|passengers|migrants"
    "|orang|penumpang|คน|জন|মানুষ|লোক|pessoa|pessoas|ema",
}

COUNTED: Mapping[str, Counted] = MappingProxyType(
    {
        **{
            plain_word(word): one
            for one, words in _COUNTED_WORDS.items()
            for word in words.split("|")
        },
        **{
            plain_word(word): Counted(age, sex)
            for (age, sex), words in COUNTED_SHOWN.items()
            for word in words
        },
    }
)
"""Whom a word in its plain form counts."""

CLASSIFIERS = frozenset(map(plain_word, ("คน", "orang", "org", "জন", "ema", "nain", "of them")))
"""Words between a number and whom it counts."""

# --- names of fields ---------------------------------------------------------------------------

LABELS: Mapping[str, Field] = MappingProxyType(
    {
        plain_word(word): field
        for field, words in {
            Field.KIND: "kind|type|jenis|tipo|ประเภท|ধরন",
            Field.DAY: "day|date|when|tanggal|tarikh|hari|data|dia|วันที่|วัน|তারিখ|loron",
            Field.AREA: "area|sea area|sea|where|wilayah laut|wilayah|laut|perairan|kawasan"
            "|kawasan laut|área|mar|พื้นที่|ทะเล|এলাকা|সমুদ্র|tasi",
            Field.BEGINS: "from|begins|departure|departed from|departed|origin|dari|daripada|asal"
            "|de|origem|จาก|ต้นทาง|থেকে|husi",
            Field.ENDS: "to|ends|destination|bound for|ke|tujuan|destinasi|para|destino|ถึง"
            "|ปลายทาง|গন্তব্য|ba",
            Field.ROUTE: "route|jalur|rute|laluan|rota|เส้นทาง|রুট|পথ",
            Field.VESSEL: "vessel|boat|ship|kapal|perahu|bot|barco|embarcação|เรือ|নৌকা|জাহাজ|ró",
            Field.PEOPLE: "people|persons|pax|passengers|orang|pessoas|คน|จำนวนคน|মানুষ|লোক|ema",
            Field.METHODS: "method|methods|how|means|cara|metode|kaedah|modus|método|métodos|วิธี"
            "|পদ্ধতি",
            Field.DOCUMENTS: "documents|document|papers|travel documents|dokumen|surat|documentos"
            "|เอกสาร|কাগজপত্র|dokumentu",
            Field.ENDING: "outcome|ending|result|what became of it|hasil|keputusan|kesudahan"
            "|resultado|desfecho|ผล|ผลลัพธ์|ফলাফল|rezultadu",
            Field.GRADE: "grade|source|source grade|admiralty|nilai|gred|grau|ระดับ",
            Field.NOTE: "note|notes|remark|remarks|comment|catatan|nota|หมายเหตุ|মন্তব্য"
            "|observação|observações",
        }.items()
        for word in words.split("|")
    }
)
"""The fields by the words that may stand before a colon."""

FORBIDDEN_LABELS = frozenset(
    map(
        plain_word,
        (
            "name", "names", "full name", "person", "suspect", "suspects", "captain", "skipper",
            "smuggler", "passport", "passport number", "passport no", "phone", "telephone", "tel",
            "mobile", "whatsapp", "email", "e-mail", "address", "born", "date of birth", "dob",
            "nama", "nahkoda", "tersangka", "paspor", "pasport", "telepon", "telefon", "hp",
            "ชื่อ", "ผู้ต้องสงสัย", "หนังสือเดินทาง", "โทร", "โทรศัพท์", "নাম", "সন্দেহভাজন", "পাসপোর্ট",
            "ফোন", "nome", "nomes", "suspeito", "passaporte", "telefone", "naran", "suspeitu",
        ),
    )
)  # fmt: skip
"""Labels of what a report has no field for: persons, and numbers of persons."""

CLEARS = frozenset(
    map(
        plain_word,
        ("none", "nothing", "clear", "remove", "delete", "not said", "hapus", "kosong", "tidak ada",
         "tiada", "buang", "padam", "ไม่มี", "ลบ", "নেই", "মুছুন", "nenhum", "nenhuma", "apagar"),
    )
)  # fmt: skip
"""Words behind a field's name that take out what it said."""
