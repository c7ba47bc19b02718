"""The report as a text that people read."""

# Ends of the figures' names, and how such a figure is written.
UNITS = [
    ("images_per_second", lambda value: f"{value:,.0f} images/s"),
    ("bytes_per_second", lambda value: f"{value / 1e9:,.2f} GB/s"),
    ("bytes_per_image", lambda value: f"{value:,.0f} bytes"),
    ("memory_bytes", lambda value: f"{value / 2**30:,.1f} GiB"),
    ("seconds", lambda value: f"{value * 1000:,.3f} ms" if value < 1 else f"{value:,.2f} s"),
    ("width", lambda value: f"{value} px"),
    ("height", lambda value: f"{value} px"),
    ("line_width_px", lambda value: f"{value} px"),
]


def figure_text(name, value):
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, (int, float)):
        if "share" in name.rsplit(" ", 1)[-1]:
            return f"{value:.1%}"
        for end, write in UNITS:
            if name.endswith(end):
                return write(value)
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    if isinstance(value, list):
        return ", ".join(figure_text(name, part) for part in value)
    return str(value)


def lines_of(figures, before=""):
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from lines_of(value, f"{before}{name} ")
        else:
            yield f"{before}{name}", figure_text(name, value)


def text_of(report):
    text = ["plotmill on a GPU: " + ("everything has passed" if report["passed"] else "NOT EVERYTHING HAS PASSED")]
    if report["quick"]:
        text.append("A quick run: its figures are not to be quoted.")
    rows = [("date", report["date"]), *lines_of(report["machine"])]
    text += ["", *(f"  {name:<34}{value}" for name, value in rows), ""]
    for step in report["steps"]:
        reason = f"  {step['reason']}" if step["reason"] else ""
        text.append(f"{step['status']:<8} {step['name']:<28}{step['seconds']:8.1f} s{reason}")
    for step in report["steps"]:
        rows = list(lines_of(step["figures"]))
        if rows:
            text += ["", step["name"], *(f"  {name:<46}{value:>24}" for name, value in rows)]
    return "\n".join(text) + "\n"
