"""The words by which officers do at a question of the guided exchange what a tap does too."""

from __future__ import annotations

from rilon.domain.word_forms import plain_word


def plain(*words: str) -> frozenset[str]:
    """The words in their plain form."""
    return frozenset(map(plain_word, words))


CANCEL = plain(
    "cancel", "stop", "quit", "abort", "never mind", "nevermind", "batal", "batalkan", "berhenti",
    "ยกเลิก", "বাতিল", "cancelar", "parar", "kansela", "hapara",
)  # fmt: skip
BACK = plain(
    "back", "previous", "kembali", "balik", "ย้อนกลับ", "กลับ", "পিছনে", "ফিরে", "voltar", "fila"
)
SKIP = plain(
    "skip", "next", "pass", "none", "nothing", "lewati", "lewat", "lompat", "langkau", "tidak ada",
    "tiada", "ข้าม", "ไม่มี", "বাদ", "পরে", "saltar", "pular", "nenhum", "hakat", "-", "n/a",
)  # fmt: skip
SENDS = plain(
    "send", "send it", "kirim", "kirimkan", "hantar", "ส่ง", "পাঠান", "পাঠাও", "enviar", "haruka",
    "go", "confirm", "done",
)  # fmt: skip
CHANGES = plain(
    "change", "edit", "correct", "ubah", "ganti", "tukar", "แก้ไข", "পরিবর্তন", "mudar", "alterar",
    "corrigir", "muda",
)  # fmt: skip
MORES = plain(
    "more", "details", "add", "tambah", "lagi", "rincian", "butiran", "เพิ่ม", "আরও", "mais", "tan"
)
NOT_URGENT = plain("routine", "not urgent", "rutin", "tidak mendesak", "biasa", "normal", "ปกติ")
