//! Answers as tables for people.

use serde_json::Value;

/// A column: its title, and the field of its value, `a.b` for one inside another.
pub(super) type Column = (&'static str, &'static str);

/// The items of a list answer; none where the answer is no list.
pub(super) fn items(answer: &Value) -> &[Value] {
    answer.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Lines of aligned columns under their titles; `none` where there are no rows.
pub(super) fn render(rows: &[Value], columns: &[Column], none: &str) -> String {
    if rows.is_empty() {
        return none.to_owned();
    }
    let titles: Vec<String> = columns.iter().map(|(title, _)| (*title).to_owned()).collect();
    let cells = rows.iter().map(|row| columns.iter().map(|(_, field)| cell(inner(row, field))).collect());
    let lines: Vec<Vec<String>> = std::iter::once(titles).chain(cells).collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default())
        .collect();
    let join = |line: &Vec<String>| {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    lines.iter().map(join).collect::<Vec<_>>().join("\n")
}

fn inner<'a>(row: &'a Value, field: &str) -> &'a Value {
    field.split('.').fold(row, |value, step| &value[step])
}

/// One value as text; `-` where there is none.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() => text.chars().filter(|c| !c.is_control()).collect(),
        Value::Null | Value::String(_) => "-".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const COLUMNS: &[Column] = &[("NAME", "name"), ("VERSION", "version")];

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [json!({"name": "a", "version": "1.0.0"}), json!({"name": "longer", "version": 2})];
        assert_eq!(render(&rows, COLUMNS, "none"), "NAME    VERSION\na       1.0.0\nlonger  2");
    }

    #[test]
    fn no_rows_are_said_in_words_and_missing_values_by_a_dash() {
        assert_eq!(render(&[], COLUMNS, "There are none."), "There are none.");
        assert_eq!(render(&[json!({"name": null})], COLUMNS, "none"), "NAME  VERSION\n-     -");
    }

    #[test]
    fn a_field_may_be_inside_another() {
        let rows = [json!({"state": {"status": "Ready"}}), json!({})];
        assert_eq!(render(&rows, &[("STATE", "state.status")], "none"), "STATE\nReady\n-");
    }

    #[test]
    fn a_cell_cannot_drive_the_terminal() {
        let rows = [json!({"name": "a\u{1b}[31mb\nc"})];
        assert!(render(&rows, &COLUMNS[..1], "none").ends_with("a[31mbc"));
    }

    #[test]
    fn a_list_has_items_and_anything_else_has_none() {
        assert_eq!(items(&json!([1, 2])).len(), 2);
        assert!(items(&json!({"error": "x"})).is_empty() && items(&json!("x")).is_empty());
    }
}
