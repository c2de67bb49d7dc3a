"""A figure as PNG bytes with more colours than the other pictures need: a scale of blues, and orange on top."""

import io
from typing import Any

COLOURS = 160


def png(figure: Any) -> bytes:
    """Drawn and stored with a palette; neither date nor version is in the file."""
    from PIL import Image

    figure.canvas.draw()
    buffer, size = figure.canvas.buffer_rgba(), figure.canvas.get_width_height()
    picture = Image.frombuffer("RGBA", size, buffer).convert("RGB")
    file = io.BytesIO()
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, format="png", optimize=True)
    return file.getvalue()
