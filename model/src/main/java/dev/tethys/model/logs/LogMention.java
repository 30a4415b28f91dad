package dev.tethys.model.logs;

/**
 * Text that a row must contain to be useful to a consumer. A store may omit other rows as far as it
 * can do so without reading bodies.
 *
 * @param text run of letters and digits
 * @param escapes whether the text may be written with escapes: rows with a backslash are then of
 *     use as well
 * @param metadata name of structured metadata; rows that have it are of use
 */
public record LogMention(String text, boolean escapes, String metadata) {}
