"""Tables of text: the first column to the left, the others to the right."""


def lines(header, rows):
    cells = [header, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    for row in cells:
        first, *others = row
        yield "  ".join([first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:]))]).rstrip()


def number(value):
    """Three digits that mean something, without exponents."""
    if value is None:
        return "-"
    if value == float("inf"):
        return "free"
    size = abs(value)
    return f"{value:.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.095 else 3}f}"
