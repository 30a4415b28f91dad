package dev.tethys.pipeline.processor.schema;

import java.util.Locale;

/** Reasons why telemetry of a target's family is not translated. */
enum Untranslated {
  /** The schema URL does not end with a version. */
  NO_VERSION,
  /** The schema file is being fetched. */
  PENDING,
  /** The schema file could not be fetched. */
  UNAVAILABLE,
  /** The schema file is invalid. */
  BROKEN,
  /** The schema file does not have its version or the target's. */
  UNKNOWN_VERSION,
  /** More versions were requested than are tried. */
  TOO_MANY_VERSIONS,
  /** A change in between splits metrics. */
  SPLIT;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
