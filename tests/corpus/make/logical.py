"""The rows that most files carry, as canonical texts, and the columns of the tables.

Every text here has only letters that Windows-1252 and Latin-1 share, so that a row is the same in
many encodings; those of other languages are in `encoding_files.py`.
"""

TABLES = {
    "departments": "id department_name",
    "jobs": "id job_name",
    "employees": "id name datetime department_id job_id",
    "customers": "id email name city country postcode phone birthday newsletter credit_limit notes"
    " registered_at",
    "products": "id sku title category price weight_kg stock active description available_from",
    "orders": "id customer_id status ordered_at deliver_on shipping gift note",
    "order_lines": "order_id line_no product_id quantity unit_price discount_percent",
    "payments": "id order_id paid_at amount method reference",
}
TABLES = {table: columns.split() for table, columns in TABLES.items()}

DATES = {"birthday", "available_from", "deliver_on"}
DATE_TIMES = {"registered_at", "ordered_at", "paid_at"}
DECIMALS = {
    "credit_limit",
    "price",
    "weight_kg",
    "shipping",
    "unit_price",
    "discount_percent",
    "amount",
}
BOOLEANS = {"newsletter", "active", "gift"}
INTEGERS = {
    "id",
    "customer_id",
    "order_id",
    "product_id",
    "line_no",
    "quantity",
    "stock",
    "department_id",
    "job_id",
}


def table(name, *rows):
    return [dict(zip(TABLES[name], row, strict=True)) for row in rows]


CUSTOMERS = table(
    "customers",
    ("1", "anna.mueller@example.com", "Anna Müller", "Köln", "DE", "50667", "+49 221 555 0101",
     "1984-03-27", "1", "1500.00", "Lieferung nur vormittags; bitte klingeln", "2021-07-27 18:02:00"),
    ("2", "jose.nunez@example.com", "José Núñez", "Málaga", "ES", "29001", "+34 952 555 102",
     "1990-12-01", "0", "250.50", None, "2021-07-28 09:15:00"),
    ("3", "helene@example.com", "Hélène Lefèvre", "Orléans", "FR", "45000", "02 38 55 51 03",
     "1978-02-15", "1", "99.99", "Étage 3, porte gauche", "2021-08-14 23:59:00"),
    ("4", "sean@example.com", "Sean O'Brien", "Cork", "IE", None, None,
     None, "0", "0.00", None, "2021-08-15 00:00:00"),
    ("5", "giulia@example.com", "Giulia Rossi", "Forlì", "IT", "47121", "0543 555105",
     "1969-07-31", "1", None, 'Ask for "Nonna" first', "2021-10-31 02:30:00"),
    ("6", "tom@example.com", "Tom Weiß", "Dresden", "DE", "01067", "0351 5550106",
     "2001-01-05", "0", "12345.67", None, "2021-11-30 12:00:00"),
)  # fmt: skip

# One whose note has two lines, for writers that put a cell over two lines.
TWO_LINES = table(
    "customers",
    ("7", "zoe@example.com", "Zoë Groß", "Bern", "CH", "3011", "031 555 01 07",
     "1995-05-23", "1", "70.00", "Ring twice.\nThen wait.", "2022-01-17 08:45:00"),
)  # fmt: skip

PRODUCTS = table(
    "products",
    ("1", "00042", "Hand saw", "tools", "19.90", "0.450", "25", "1", "Steel, 50 cm", "2021-01-15"),
    ("2", "00107", "Watering can", "garden", "12.50", "0.800", "0", "1", None, "2021-03-31"),
    ("3", "10020", "Bread knife; serrated", "kitchen", "34.95", "0.210", "7", "1", None, "2020-11-20"),
    ("4", "B-0001", "The sourdough book", "books", "24.00", "1.125", "112", "0",
     "Second edition", "2019-09-13"),
    ("5", "00500", "Wheelbarrow", "garden", "129.00", "14.500", "-2", "1", None, None),
)  # fmt: skip

ORDERS = table(
    "orders",
    ("1001", "1", "shipped", "2021-09-01 10:00:00", "2021-09-15", "4.90", "0", None),
    ("1002", "2", "paid", "2021-09-13 16:45:00", "2021-09-20", "0.00", "1", "Gift wrap"),
    ("1003", "1", "open", "2021-09-22 07:05:00", None, "12.50", "0", "Ring, then wait"),
    ("1004", "3", "cancelled", "2021-09-30 23:10:00", "2021-10-31", "4.90", "0", None),
)  # fmt: skip

ORDER_LINES = table(
    "order_lines",
    ("1001", "1", "1", "2", "19.90", None),
    ("1001", "2", "2", "1", "12.50", "5.00"),
    ("1002", "1", "4", "1", "24.00", "12.50"),
    ("1003", "1", "5", "1", "129.00", None),
    ("1003", "2", "3", "3", "34.95", "0.00"),
    ("1004", "1", "1", "10", "18.75", "2.25"),
)  # fmt: skip

DEPARTMENTS = table("departments", ("1", "Legal"), ("2", "Fleet"), ("3", "Küche"), ("4", "R&D"))
JOBS = table("jobs", ("1", "Clerk"), ("2", "Cook, night"), ("3", "Baker"))
EMPLOYEES = table(
    "employees",
    ("1", "Lia Okoro", "2021-07-27T16:02:08Z", "1", "2"),
    ("2", "Max Orth", "2021-11-07T03:45:00Z", "2", None),
    ("3", "Ida d'Arc", "2021-02-28T23:59:59Z", None, "3"),
    ("4", "Ben Ott", "2021-03-13T08:00:00Z", "3", "1"),
)  # fmt: skip


def columns(rows, names):
    """The rows with these columns only, in this order."""
    return [{name: row[name] for name in names.split()} for row in rows]


def without(rows, *names):
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def changed(rows, **makers):
    """The rows with some columns' values made anew, where they have one."""
    return [
        {name: makers[name](value) if name in makers and value is not None else value
         for name, value in row.items()}
        for row in rows
    ]  # fmt: skip
