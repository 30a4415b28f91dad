package dev.tethys.collect.exporter.jmx;

import java.util.List;

/**
 * One value of a bean, as rules see it.
 *
 * @param path the attribute and the keys inside it that lead to the value, without the last
 * @param name the last of them
 * @param value a number, a boolean or a text
 */
record BeanValue(Bean bean, List<String> path, String name, String description, Object value) {}
