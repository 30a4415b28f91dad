package dev.tethys.query.traceql;

import dev.tethys.query.traceql.ast.TraceValue;

/**
 * Attribute in a result.
 *
 * @param name key of an attribute, or the printed text of other fields, labels and aggregates
 * @param value typed value
 */
public record NamedValue(String name, TraceValue value) {}
