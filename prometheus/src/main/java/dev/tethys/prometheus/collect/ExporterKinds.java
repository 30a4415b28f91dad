package dev.tethys.prometheus.collect;

import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.config.Contributions;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Exporters of metrics that modules of {@code contrib} provide. */
public final class ExporterKinds {
  /** All of them, by name. */
  public static final List<ExporterKind> ALL =
      ServiceLoader.load(ExporterKind.class).stream()
          .map(ServiceLoader.Provider::get)
          .sorted(Comparator.comparing(ExporterKind::name))
          .toList();

  private ExporterKinds() {}

  /** Returns the kind with that name, or null. */
  public static @Nullable ExporterKind find(List<ExporterKind> kinds, String name) {
    return kinds.stream().filter(k -> k.name().equals(name)).findFirst().orElse(null);
  }

  /**
   * Returns the error for a name that only {@code contrib} has, in a build without it; otherwise
   * null.
   */
  public static @Nullable String refusal(String name) {
    return Contributions.refusal(Contributions.METRICS_EXPORTER, name);
  }

  /** Joins their names for use in a sentence. */
  public static String names(List<ExporterKind> kinds) {
    return kinds.stream().map(ExporterKind::name).collect(Collectors.joining(", "));
  }
}
