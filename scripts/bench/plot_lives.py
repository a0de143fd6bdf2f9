"""Draws what growth.py saw: the resident memory of each process over the rounds of a drill, as SVG."""

from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 130, 40, 50
COLOURS = {"master": "#1f6feb", "worker": "#d1242f", "guard": "#6e7781"}
TICKS = 5


def kind_of(name):
    return next(kind for kind in COLOURS if name.startswith(kind))


def picture(result, lives):
    """`lives`: by daemon and process, as growth.lives() has them."""
    rounds = max(1, len(result["rounds"]))
    most = max(each["resident_mb"] for seen in lives.values() for each in seen)

    def across(number):
        return LEFT + number / rounds * (WIDTH - RIGHT - LEFT)

    def up(value):
        return HEIGHT - BOTTOM - value / most * (HEIGHT - BOTTOM - TOP)

    fault = escape(result["arguments"][0])
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
           'font-family="sans-serif" font-size="12">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
           f'<text x="{LEFT}" y="24" font-size="14" font-weight="bold">Memory of each process, '
           f'{rounds} rounds of drill {fault}</text>']
    for tick in range(TICKS + 1):
        value, number = most * tick / TICKS, rounds * tick // TICKS
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up(value):.1f}" y2="{up(value):.1f}" stroke="#d0d7de"/>')
        out.append(f'<text x="{LEFT - 6}" y="{up(value) + 4:.1f}" text-anchor="end">{value:,.0f} MB</text>')
        out.append(f'<text x="{across(number):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{number}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">round</text>')
    for kind, colour in COLOURS.items():
        ways = (" ".join(f"{across(each['round']):.1f},{up(each['resident_mb']):.0f}" for each in seen)
                for (name, _), seen in lives.items() if kind_of(name) == kind)
        out.append(f'<path d="{"".join(f"M{way}" for way in ways)}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    for number, (kind, colour) in enumerate(COLOURS.items()):
        y = TOP + 14 + 18 * number
        out.append(f'<rect x="{WIDTH - RIGHT + 12}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
        out.append(f'<text x="{WIDTH - RIGHT + 28}" y="{y}">{kind}s</text>')
    return "\n".join(out + ["</svg>", ""])
