package dev.tethys.model.logs;

/**
 * Text without which a consumer has no use for a row. A store may omit rows whose body does not
 * contain it, as far as it finds that out without reading bodies.
 *
 * @param text run of letters and digits
 * @param escapes whether the text may be written with escapes: rows with a backslash are then of
 *     use as well
 * @param metadata name of structured metadata; rows that have it are of use
 */
public record LogMention(String text, boolean escapes, String metadata) {}
