"""The rows of the later files: other people, amounts and days than those of the first ones."""

from logical import columns, table

PEOPLE = table(
    "customers",
    ("11", "ines@example.org", "Inês Araújo", "Évora", "PT", "7000-001", "+351 266 555 011",
     "1988-11-30", "1", "820.05", "Portão azul, 2.º andar", "2022-02-28 07:59:59"),
    ("12", "bjorn@example.org", "Björn Åkesson", "Växjö", "SE", "352 30", "0470-555 012",
     "1975-06-16", "0", "0.99", None, "2022-03-27 02:30:00"),
    ("13", "chloe@example.org", "Chloë Ançel", "Besançon", "FR", "25000", None,
     None, "0", None, "Sonnez; attendez", "2022-04-01 12:00:00"),
    ("14", "ute@example.org", "Ute Größl", "Fürth", "DE", "09123", "0911/555014",
     "2000-02-29", "1", "1048576.50", "Tor links", "2022-12-31 23:59:59"),
    ("15", "pat@example.org", "Pat O'Neil, Jr.", "Galway", "IE", None, "091 555 015",
     "1993-10-09", "1", "17.00", 'Says "hi"', "2023-01-13 08:05:09"),
)  # fmt: skip

GOODS = table(
    "products",
    ("31", "00731", "Folding rule", "tools", "8.75", "0.120", "340", "1", "Beech, 2 m", "2022-02-14"),
    ("32", "AB-77", "Rake | short", "garden", "17.40", "0.955", "0", "0", None, "2022-05-30"),
    ("33", "00733", "Pan, cast iron", "kitchen", "59.99", "2.310", "-1", "1", None, None),
    ("34", "B-0034", "Soups; stews", "books", "21.00", None, "18", "1", "Third edition", "2018-10-31"),
)  # fmt: skip

SALES = table(
    "orders",
    ("2001", "11", "open", "2022-03-14 00:00:00", "2022-03-31", "0.00", "1", None),
    ("2002", "12", "paid", "2022-06-30 21:40:00", None, "7.25", "0", "Back door, please"),
    ("2003", "14", "cancelled", "2022-08-19 13:13:00", "2022-08-25", "19.80", "0", None),
    ("2004", "15", "shipped", "2022-12-24 06:30:00", "2022-12-28", "4.05", "1", "Bell 2; then 3"),
)  # fmt: skip

LINES = table(
    "order_lines",
    ("2001", "1", "31", "4", "8.75", "7.50"),
    ("2001", "2", "33", "1", "59.99", None),
    ("2002", "1", "34", "2", "21.00", "0.00"),
    ("2003", "1", "32", "12", "17.05", "33.25"),
)  # fmt: skip

STAFF = table(
    "employees",
    ("71", "Noor Haddad", "2022-01-31T05:06:07Z", "4", "1"),
    ("72", "Piet de Wit", "2022-09-13T17:30:00Z", None, None),
    ("73", "Sól Jónsdóttir", "2022-06-21T00:00:01Z", "2", "3"),
)  # fmt: skip

TEAMS = table("departments", ("41", "Süd"), ("42", "Night, weekend"), ("43", "Q&A"))
TRADES = table("jobs", ("51", "Glazier"), ("52", "Mason"), ("53", "Tiler"))

# Amounts without a mark that tells, days that may be months.
FEW = columns(SALES, "id customer_id status shipping")
