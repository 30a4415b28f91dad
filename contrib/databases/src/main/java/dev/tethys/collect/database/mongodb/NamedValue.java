package dev.tethys.collect.database.mongodb;

import java.util.Map;

/**
 * Value of a metric with its name and labels.
 *
 * @param counter whether it is a counter; otherwise its type is unknown
 */
record NamedValue(
    String name, String help, boolean counter, double value, Map<String, String> labels) {}
