package dev.tethys.alert.template;

import java.util.List;

/**
 * A slice.
 *
 * @param typeName Go's name of its type, such as {@code []string}
 */
public record GoList(String typeName, List<?> items) {}
