"""Roles of a theme, and the colours that Textual draws for them.

Screens name roles: `$muted`, `$secure`, `$selection` and the others. Four have
Textual's names too, with Textual's meaning: `$border` is the border of the
focused widget (`border-focus`), `$border-blurred` that of the others (`border`).

A theme whose every role is the terminal's default has no colour. Its roles
still differ, each by a text style (`tui.terminal.filters`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.color import Color
from textual.theme import Theme

from tui.terminal.filters import COLOURLESS, MARKED, MARKS

REQUIRED: Final = ("background", "foreground", "primary")
ROLES: Final = (
    *REQUIRED,
    "surface",
    "panel",
    "muted",
    "accent",
    "success",
    "warning",
    "error",
    "selection",
    "selection-text",
    "border",
    "border-focus",
    "secure",
    "insecure",
)
DEFAULT: Final = "default"
"""The terminal's own colour of text, or of the background."""

READABLE: Final = 4.5
"""Least contrast of text (WCAG 2.2, 1.4.3)."""

# Without colour, styles alone distinguish the roles.
_STYLES: Final = {
    "muted": "dim",
    "primary": "bold",
    "accent": "bold",
    "success": "bold",
    "warning": "bold",
    "error": "bold",
    "secure": "bold",
    "insecure": "underline",
    "border-focus": "bold",
}


def is_own(colors: Mapping[str, str]) -> bool:
    """True if a theme uses the terminal's own colours."""
    return not colors["background"].startswith("#")


def is_colourless(colors: Mapping[str, str]) -> bool:
    """True if every role of a theme has the terminal's default colour."""
    return set(colors.values()) == {DEFAULT}


def complete(given: Mapping[str, str], dark: bool) -> dict[str, str]:
    """Every role, derived from those given, which include the required ones."""
    derive = _derive_own if is_own(given) else _derive
    colors = {**derive(given, dark), **given}
    colors.setdefault("border-focus", colors["primary"])
    colors.setdefault("accent", colors["primary"])
    colors.setdefault("secure", colors["success"])
    colors.setdefault("insecure", colors["warning"])
    return colors


def _derive_own(given: Mapping[str, str], dark: bool) -> dict[str, str]:
    back, text, primary = (given[role] for role in REQUIRED)
    return {
        "surface": back,
        "panel": back,
        "muted": text,
        "success": "green",
        "warning": "yellow",
        "error": "red",
        "selection": primary,
        "selection-text": back if back != DEFAULT else "black" if dark else "bright white",
        "border": text,
    }


def _derive(given: Mapping[str, str], dark: bool) -> dict[str, str]:
    back, text, primary = (Color.parse(given[role]) for role in REQUIRED)
    panel = given.get("panel") or back.blend(text, 0.08).hex
    selection = given.get("selection") or back.blend(primary, 0.3).hex

    def legible(color: Color) -> str:
        return readable(color, text, panel)

    return {
        "surface": back.blend(text, 0.04).hex,
        "panel": panel,
        "muted": legible(text.blend(back, 0.4)),
        "success": legible(Color.parse("#6fce8c" if dark else "#12602f")),
        "warning": legible(Color.parse("#e9b44c" if dark else "#6e4700")),
        "error": legible(Color.parse("#ff8a80" if dark else "#a31621")),
        "selection": selection,
        "selection-text": readable(text, Color.parse(best_on(selection)), selection),
        "border": back.blend(text, 0.4).hex,
    }


def readable(color: Color, towards: Color, on: str) -> str:
    """`color`, blended `towards` another until it is readable `on` a third."""
    for share in range(10):
        blended = color.blend(towards, share / 10).hex
        if contrast(blended, on) >= READABLE:
            return blended
    return towards.hex


def best_on(*backgrounds: str) -> str:
    """Black or white: the more readable on all of `backgrounds`."""
    return max(
        ("#000000", "#ffffff"), key=lambda text: min(contrast(text, back) for back in backgrounds)
    )


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1.0 to 21.0 (WCAG 2.2)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in Color.parse(color).normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def textual_theme(name: str, dark: bool, colors: Mapping[str, str]) -> Theme:
    """Textual's theme, leaving nothing to Textual's own colours.

    `colors` has every role.
    """
    own = is_own(colors)
    css = _css(colors)
    return Theme(
        name=name,
        primary=css["primary"],
        secondary=css["primary"],
        accent=css["accent"],
        foreground=css["foreground"],
        background=css["background"],
        surface=css["surface"],
        panel=css["panel"],
        boost=css["panel"],
        success=css["success"],
        warning=css["warning"],
        error=css["error"],
        dark=dark,
        ansi=own,
        variables=_variables(css) | (_own_variables(colors) if own else _mixed(colors)),
    )


def _css(colors: Mapping[str, str]) -> dict[str, str]:
    css = {
        role: color if color.startswith("#") else f"ansi_{color.replace(' ', '_')}"
        for role, color in colors.items()
    }
    if is_colourless(colors):
        css |= {role: MARKS[style] for role, style in _STYLES.items()}
    if colors["selection"] == colors["background"]:
        css |= {"selection": MARKED, "selection-text": "ansi_black"}
    return css


def _variables(css: Mapping[str, str]) -> dict[str, str]:
    text, muted, back, panel = (css[x] for x in ("foreground", "muted", "background", "panel"))
    primary, accent = css["primary"], css["accent"]
    chosen, chosen_text = css["selection"], css["selection-text"]
    variables = {
        **{role: css[role] for role in ("muted", "selection", "selection-text")},
        **{role: css[role] for role in ("secure", "insecure", "border-focus")},
        "border": css["border-focus"],
        "border-blurred": css["border"],
        "text-muted": muted,
        "text-disabled": muted,
        "foreground-muted": muted,
        "foreground-disabled": muted,
        "block-cursor-background": chosen,
        "block-cursor-foreground": chosen_text,
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": panel,
        "block-cursor-blurred-foreground": text,
        "block-hover-background": panel,
        "surface-active": panel,
        "scrollbar": css["border"],
        "scrollbar-hover": css["border-focus"],
        "scrollbar-active": css["border-focus"],
        **{
            f"scrollbar-{part}": back
            for part in ("background", "background-hover", "background-active", "corner-color")
        },
        "link-color": accent,
        "link-background": "transparent",
        "link-style": "underline",
        "link-color-hover": chosen_text,
        "link-background-hover": chosen,
        "link-style-hover": "bold",
        "footer-background": panel,
        "footer-item-background": panel,
        "footer-foreground": text,
        "footer-key-background": panel,
        "footer-key-foreground": accent,
        "footer-description-background": panel,
        "footer-description-foreground": text,
        "input-selection-background": chosen,
        "input-selection-foreground": chosen_text,
        "screen-selection-background": chosen,
        "screen-selection-foreground": chosen_text,
        "button-foreground": text,
        "ansi-background": panel,
        "ansi-foreground": text,
    }
    for level in range(1, 7):
        variables[f"markdown-h{level}-color"] = primary
        variables[f"markdown-h{level}-background"] = "transparent"
    return variables


def _own_variables(colors: Mapping[str, str]) -> dict[str, str]:
    variables = {
        # Two default colours make no block, so the cursor reverses its cell.
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "block-cursor-blurred-text-style": "underline",
        "button-color-foreground": "ansi_default",
    }
    return variables | {COLOURLESS: "true"} if is_colourless(colors) else variables


def _mixed(colors: Mapping[str, str]) -> dict[str, str]:
    """Shades that need colours of known luminance."""
    text, back = (Color.parse(colors[role]) for role in ("foreground", "background"))
    kinds = ("primary", "success", "warning", "error", "accent")
    variables = {
        "input-cursor-background": colors["foreground"],
        "input-cursor-foreground": colors["background"],
        "button-color-foreground": best_on(*(colors[kind] for kind in kinds)),
    }
    for kind in kinds:
        color = Color.parse(colors[kind])
        variables[f"{kind}-muted"] = tinted = back.blend(color, 0.2).hex
        variables[f"text-{kind}"] = readable(color, text, tinted)
    return variables
