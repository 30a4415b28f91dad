package dev.tethys.app.exporter;

import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.prometheus.collect.ExporterKinds;
import java.util.Objects;

/** Kinds of exporters as the program finds them. */
final class Kinds {
  private Kinds() {}

  /** The kind of this name. */
  static ExporterKind of(String name) {
    return Objects.requireNonNull(ExporterKinds.find(ExporterKinds.ALL, name), name);
  }
}
