package dev.tethys.query.traceql;

import dev.tethys.query.traceql.ast.TraceValue;

/**
 * Attribute of a result.
 *
 * @param name name as TraceQL prints it, such as {@code resource.service.name} or {@code by(name)}
 * @param value typed value
 */
public record NamedValue(String name, TraceValue value) {}
