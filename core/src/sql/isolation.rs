//! The isolation of transactions, on which snapshots rest.

/// The level at which the first SELECT of a transaction fixes what all that follow see.
pub(crate) const REPEATABLE_READ: &str = "REPEATABLE-READ";

/// Asks for the level: the variable's name, which differs between MySQL and MariaDB, and the level. The
/// server's version comes behind it.
pub(crate) const SHOW: &str = "SHOW SESSION VARIABLES \
     WHERE Variable_name IN ('transaction_isolation', 'tx_isolation', 'version')";
