//! The border between rows and values: statements are cached, names are checked again, JSON is parsed.

use crate::StoreError;
use rusqlite::types::FromSql;
use rusqlite::{Connection, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use windlass_domain::Invalid;

/// Runs a statement; returns the number of rows it changed.
pub(crate) fn execute(connection: &Connection, sql: &str, params: impl Params) -> Result<usize, StoreError> {
    Ok(connection.prepare_cached(sql)?.execute(params)?)
}

/// The first row of a query, if there is one.
pub(crate) fn first<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    map: impl FnOnce(&Row) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(map).transpose()
}

/// Every row of a query.
pub(crate) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    map: impl FnMut(&Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    connection.prepare_cached(sql)?.query_and_then(params, map)?.collect()
}

/// A column of a plain type.
pub(crate) fn get<T: FromSql>(row: &Row, column: &str) -> Result<T, StoreError> {
    Ok(row.get(column)?)
}

/// A column that holds a name.
pub(crate) fn name<T: TryFrom<String, Error = Invalid>>(row: &Row, column: &str) -> Result<T, StoreError> {
    T::try_from(get::<String>(row, column)?).map_err(|invalid| StoreError::corrupt(column, invalid))
}

/// A column that holds a name or NULL.
pub(crate) fn optional_name<T: TryFrom<String, Error = Invalid>>(
    row: &Row,
    column: &str,
) -> Result<Option<T>, StoreError> {
    get::<Option<String>>(row, column)?
        .map(|text| T::try_from(text).map_err(|invalid| StoreError::corrupt(column, invalid)))
        .transpose()
}

/// A column that holds JSON.
pub(crate) fn json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<T, StoreError> {
    parse_json(column, &get::<String>(row, column)?)
}

/// A stored JSON text as a value; `what` names it in the error.
pub(crate) fn parse_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| damaged_json(what, &error))
}

/// The error of unreadable JSON. It says where, not what: the serialiser's own words quote the value.
pub(crate) fn damaged_json(what: &str, error: &serde_json::Error) -> StoreError {
    let (kind, line, column) = (error.classify(), error.line(), error.column());
    StoreError::corrupt(what, format_args!("{kind:?} error at line {line}, column {column}"))
}

/// A value as the JSON text that is stored.
pub(crate) fn to_json<T: Serialize + ?Sized>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::not_json(what, error))
}
