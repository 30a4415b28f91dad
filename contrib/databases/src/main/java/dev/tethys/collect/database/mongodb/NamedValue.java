package dev.tethys.collect.database.mongodb;

import java.util.Map;

/**
 * A metric on its way to be shown.
 *
 * @param counter what is no counter is of no known type
 */
record NamedValue(
    String name, String help, boolean counter, double value, Map<String, String> labels) {}
