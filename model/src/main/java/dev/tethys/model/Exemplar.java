package dev.tethys.model;

/**
 * One example of the observations in a sample, usually with a trace ID.
 *
 * @param labels the exemplar's labels, such as {@code trace_id}
 * @param value the observed value
 * @param timestamp Unix milliseconds; the scrape time if the exemplar came without a timestamp
 */
public record Exemplar(Labels labels, double value, long timestamp) {}
