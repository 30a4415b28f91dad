package dev.tethys.model.logs;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Columns that a consumer of rows reads. Others may throw {@link IllegalStateException}.
 *
 * @param times times of rows
 * @param bodies bodies of rows
 * @param lengths lengths of bodies; implied by bodies
 * @param metadata names of structured metadata, null for all
 */
public record LogNeeds(
    boolean times, boolean bodies, boolean lengths, @Nullable List<String> metadata) {
  /** All columns. */
  public static final LogNeeds ALL = new LogNeeds(true, true, true, null);
}
