package dev.tethys.model;

/**
 * One example behind a number, mostly a trace.
 *
 * @param labels its own labels, such as {@code trace_id}
 * @param value the observed value
 * @param timestamp Unix milliseconds; for one that came without, the time of its scrape
 */
public record Exemplar(Labels labels, double value, long timestamp) {}
