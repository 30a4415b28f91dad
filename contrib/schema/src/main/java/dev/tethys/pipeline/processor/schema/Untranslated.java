package dev.tethys.pipeline.processor.schema;

import java.util.Locale;

/** Reasons why telemetry of a target's family stays as it came. */
enum Untranslated {
  /** The end of its schema URL is no version. */
  NO_VERSION,
  /** Its schema file is being fetched. */
  PENDING,
  /** Its schema file could not be fetched. */
  UNAVAILABLE,
  /** Its schema file is not valid. */
  BROKEN,
  /** The schema file does not have its version or the target's. */
  UNKNOWN_VERSION,
  /** More versions were asked for than are tried. */
  TOO_MANY_VERSIONS,
  /** A change in between splits metrics. */
  SPLIT;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
