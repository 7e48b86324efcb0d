//! Database errors with MySQL's numbers, whichever server stands behind.

use mysql_async::{DriverError, Error, ServerError};

use super::errors::{ApiError, ErrorKind};

/// Where MariaDB's number or state differs from MySQL's for the same mistake.
///
/// Sources: dev.mysql.com "Server Error Message Reference", mariadb.com "MariaDB Error Codes".
const FROM_MARIADB: [(u16, u16, &str); 16] = [
    // JSON text: bad character, bad escape, cut off, syntax, too deep.
    (4035, 3141, "22032"),
    (4036, 3141, "22032"),
    (4037, 3141, "22032"),
    (4038, 3141, "22032"),
    (4039, 3141, "22032"),
    (4040, 3157, "22032"),
    // JSON paths.
    (4041, 3143, "42000"),
    (4042, 3143, "42000"),
    (4043, 3143, "42000"),
    (4044, 3149, "42000"),
    // JSON_TABLE: a value that is missing, one that is no scalar, several for one column.
    (4176, 3665, "22035"),
    (4178, 3666, "2203F"),
    (4179, 3666, "2203F"),
    // A CHECK constraint, a statement's own time limit, a value that an INT cannot take.
    (4025, 3819, "HY000"),
    (1969, 3024, "HY000"),
    (1366, 1366, "HY000"),
];

/// Turns an error of the driver into the one that a caller of the Data API sees.
pub(super) fn api_error(error: &Error, mariadb: bool) -> ApiError {
    match error {
        Error::Server(error) => server_error(error, mariadb),
        Error::Io(error) => unavailable(error),
        Error::Driver(DriverError::ConnectionClosed | DriverError::PoolDisconnected) => {
            unavailable(&"the connection is closed")
        }
        other => ApiError::internal(format!("driver: {other}")),
    }
}

fn server_error(error: &ServerError, mariadb: bool) -> ApiError {
    let known = FROM_MARIADB.iter().find(|entry| mariadb && entry.0 == error.code);
    let (code, state) = match known {
        Some((_, code, state)) => (*code, *state),
        None => (error.code, error.state.as_str()),
    };
    let message = format!("{}; Error code: {code}; SQLState: {state}", error.message);
    ApiError::new(ErrorKind::DatabaseError, message)
}

fn unavailable(cause: &dyn std::fmt::Display) -> ApiError {
    let message = format!("The writer instance in the DB cluster isn't available: {cause}");
    let error = ApiError::new(ErrorKind::DatabaseUnavailable, message);
    ApiError { ends_transaction: true, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(code: u16, state: &str, mariadb: bool) -> String {
        let error = ServerError { code, message: "no good".into(), state: state.into() };
        api_error(&Error::Server(error), mariadb).to_string()
    }

    #[test]
    fn ends_with_code_and_state() {
        assert_eq!(
            text(1064, "42000", true),
            "DatabaseErrorException: no good; Error code: 1064; SQLState: 42000"
        );
    }

    #[test]
    fn maps_the_numbers_of_mariadb_only() {
        assert!(text(4037, "HY000", true).ends_with("Error code: 3141; SQLState: 22032"));
        assert!(text(4037, "HY000", false).ends_with("Error code: 4037; SQLState: HY000"));
    }

    #[test]
    fn a_lost_connection_ends_the_transaction() {
        let lost = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let error = api_error(&Error::Io(lost.into()), true);
        assert_eq!(error.kind, ErrorKind::DatabaseUnavailable);
        assert!(error.ends_transaction);
    }
}
