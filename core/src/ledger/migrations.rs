//! The changes that the ledger's tables have had; a new one is a file in `sql/ledger` and its line here.

/// The name and the text of each migration in `sql/ledger`, in the order of their numbers, from 1.
pub(crate) const MIGRATIONS: &[(&str, &str)] = &[
    ("key_id_exact", include_str!("../../../sql/ledger/0001_key_id_exact.sql")),
    ("checking_pass", include_str!("../../../sql/ledger/0002_checking_pass.sql")),
    ("range_bytes", include_str!("../../../sql/ledger/0003_range_bytes.sql")),
    ("read_as", include_str!("../../../sql/ledger/0004_read_as.sql")),
    ("rejected_by_code", include_str!("../../../sql/ledger/0005_rejected_by_code.sql")),
];
