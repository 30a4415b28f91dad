package dev.tethys.model.logs;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Columns read by a row consumer. Reading others may throw {@link IllegalStateException}.
 *
 * @param times times of rows
 * @param bodies bodies of rows
 * @param lengths lengths of bodies; implied by bodies
 * @param metadata names of structured metadata, null for all
 * @param parts parts of bodies that are read, null for all; lengths are those of whole bodies. For
 *     the thread of the scan
 * @param mention text without which a row is useless, null if all are
 */
public record LogNeeds(
    boolean times,
    boolean bodies,
    boolean lengths,
    @Nullable List<String> metadata,
    @Nullable LogBodyParts parts,
    @Nullable LogMention mention) {
  /** All columns. */
  public static final LogNeeds ALL = new LogNeeds(true, true, true, null);

  /** Columns with complete bodies. */
  public LogNeeds(boolean times, boolean bodies, boolean lengths, @Nullable List<String> metadata) {
    this(times, bodies, lengths, metadata, null, null);
  }

  /** Variant with parts of bodies. */
  public LogNeeds withParts(LogBodyParts of) {
    return new LogNeeds(times, bodies, lengths, metadata, of, mention);
  }

  /** Variant for rows with a text. */
  public LogNeeds withMention(LogMention of) {
    return new LogNeeds(times, bodies, lengths, metadata, parts, of);
  }
}
