import calendar
import contextlib
import locale


# expect: locale-changed
def leaky_numbers_in_the_customers_way(event, context):
    locale.setlocale(locale.LC_NUMERIC, "C.UTF-8")
    return locale.format_string("%.2f", event["rows"], grouping=True)


# expect: locale-changed
def leaky_everything_at_once(event, context):
    locale.setlocale(locale.LC_ALL, ("C.UTF-8", "C")[event["number"] % 2])
    return locale.setlocale(locale.LC_TIME)


# expect: locale-changed
# with: n=40 errors=expected
def leaky_error_on_the_way_back(event, context):
    before = "C"
    locale.setlocale(locale.LC_TIME, "C.UTF-8")
    if event["number"] % 4 == 3:
        raise ValueError("no such date")
    locale.setlocale(locale.LC_TIME, before)


# expect: locale-changed
def leaky_currency_for_an_invoice(event, context):
    locale.setlocale(locale.LC_MONETARY, "C.UTF-8")
    return locale.localeconv()["int_curr_symbol"]


@contextlib.contextmanager
def _locale(category, name):
    before = locale.setlocale(category)
    try:
        yield locale.setlocale(category, name)
    finally:
        locale.setlocale(category, before)


# clean of: locale-changed
def clean_for_a_while(event, context):
    with _locale(locale.LC_NUMERIC, "C.UTF-8"):
        return locale.format_string("%.2f", event["rows"])


# The standard library does the same inside.
# clean of: locale-changed
def clean_calendar(event, context):
    return len(calendar.LocaleTextCalendar(locale="C.UTF-8").formatmonth(2026, 11))


_ready = False


# clean of: locale-changed
# with: kept=once
def clean_set_by_the_first_call(event, context):
    global _ready
    if not _ready:
        locale.setlocale(locale.LC_NUMERIC, "C.UTF-8")
        _ready = True
    return locale.localeconv()["decimal_point"]


# clean of: locale-changed
def clean_only_asked(event, context):
    return [locale.setlocale(locale.LC_ALL), locale.getlocale(), locale.localeconv()["decimal_point"]]


# clean of: locale-changed
def clean_no_such_locale(event, context):
    try:
        locale.setlocale(locale.LC_ALL, "tlh_QO.UTF-8")
    except locale.Error:
        return "unknown"
