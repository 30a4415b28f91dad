package dev.tethys.query.logql.pipeline;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Names of labels that a pipeline or its result uses, so that parsers skip all others.
 *
 * @param names null for all
 */
public record UsedLabels(@Nullable Set<String> names) {
  /** All labels. */
  public static final UsedLabels ALL = new UsedLabels(null);

  /** True if all labels are used. */
  public boolean all() {
    return names == null;
  }

  /** Whether no label is used, so that parsers can be skipped. */
  boolean none() {
    return names != null && names.isEmpty();
  }

  /** True if errors are used, so that parsers read a line to its end. */
  boolean errors() {
    return names == null || names.contains("__error__") || names.contains("__error_details__");
  }

  /** True if a label is used. */
  public boolean has(String name) {
    return names == null || names.contains(name);
  }
}
