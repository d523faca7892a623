class Basket:
    def add(self, item, items=[]):
        items.append(item)
        return len(items)


basket = Basket()


def collect(row, *, rows={}):
    rows[row] = row * 2
    return rows


def last(number, memory={"of": ""}):
    before = memory["of"]
    memory["of"] = f"number {number}"
    return before


def square(number, memo={}):
    key = number % 3
    if key not in memo:
        memo[key] = key * key
    return memo[key]


def total(numbers=(), start=[0]):
    return sum(numbers) + start[0]


# expect: default-argument-mutated default-argument-mutated.Basket.add(items=)
def leaky_method(event, context):
    return basket.add(event["number"])


# expect: default-argument-mutated default-argument-mutated.collect(rows=)
def leaky_keyword_only(event, context):
    return len(collect(event["number"]))


# expect: default-argument-mutated default-argument-mutated.last(memory=)
def leaky_last_value(event, context):
    return last(event["number"])


# clean of: default-argument-mutated
def clean_memo(event, context):
    return square(event["number"])


# clean of: default-argument-mutated
def clean_default_that_is_read(event, context):
    return total([event["number"]])
