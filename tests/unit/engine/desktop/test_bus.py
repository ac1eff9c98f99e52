"""Messages of the session bus are read up to a size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from jeepney import DBusAddress, new_signal

from voip.engine.desktop.bus import LONGEST, ShortMessages

_PLAYER = DBusAddress("/org/mpris/MediaPlayer2", interface="org.freedesktop.DBus.Properties")
_SIZES = st.lists(st.sampled_from([0, 10, 5000, LONGEST, 3 * LONGEST]), max_size=5)


def message(text: str) -> bytes:
    data: bytes = new_signal(_PLAYER, "PropertiesChanged", "s", (text,)).serialise(1)
    return data


@given(_SIZES, st.sampled_from([1, 15, 16, 4096, 100_000]))
def test_a_long_message_is_left_out_and_never_kept(sizes: list[int], chunk: int) -> None:
    texts = [f"{place}" + "x" * size for place, size in enumerate(sizes)]
    data = b"".join(map(message, texts))
    if chunk < 16:
        data = data[:20_000]
    reader, read = ShortMessages(), []
    for start in range(0, len(data), chunk):
        reader.add_data(data[start : start + chunk])
        while (found := reader.get_next_message()) is not None:
            read.append(found.body[0])
        assert reader.buf.bytes_buffered < LONGEST
    short = [text for text in texts if len(message(text)) <= LONGEST]
    assert read == short[: len(read)]
    assert len(read) == len(short) or chunk < 16
