package dev.tethys.control.versions;

import dev.tethys.config.ConfigException;
import dev.tethys.config.GoDurations;
import dev.tethys.config.YamlNode;
import dev.tethys.control.validation.GraphValidator;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.config.Definition;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.config.PipelineDefinition;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Maximum time for which a version buffers items intentionally, such as traces until their
 * decision.
 */
@FunctionalInterface
public interface VersionHolds {
  /** Returns the time; null if only agents can read the version. */
  @Nullable Duration of(ConfigVersion v);

  /** Creates an instance that adds up the settings of all components of a version. */
  static VersionHolds by(GraphValidator validator) {
    return new VersionHolds() {
      private static final int KEPT = 100;

      private final Map<String, Optional<Duration>> known =
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Optional<Duration>> e) {
              return size() > KEPT;
            }
          };

      @Override
      public synchronized @Nullable Duration of(ConfigVersion v) {
        return known
            .computeIfAbsent(v.hash(), k -> Optional.ofNullable(read(validator, v)))
            .orElse(null);
      }
    };
  }

  private static @Nullable Duration read(GraphValidator validator, ConfigVersion v) {
    if (v.name().startsWith(Packages.PREFIX)) {
      return null;
    }
    try {
      GraphConfig config = validator.read(v.name(), v.text()).config();
      return config == null ? null : of(config);
    } catch (ConfigException e) {
      return null; // of components that are not known here
    }
  }

  private static Duration of(GraphConfig config) {
    Set<Definition> all = new LinkedHashSet<>();
    for (PipelineDefinition p : config.pipelines()) {
      for (List<PipelineDefinition.Use> uses : List.of(p.processors(), p.exporters())) {
        uses.forEach(u -> all.add(u.definition()));
      }
    }
    Duration sum = Duration.ZERO;
    for (Definition d : all) {
      sum = sum.plus(d.holds());
      if (d.kind() == ComponentKind.EXPORTER) {
        sum = sum.plus(flushTimeout(d.body()));
      }
    }
    return sum;
  }

  /** Returns the time for which an exporter's queue collects batches. */
  private static Duration flushTimeout(YamlNode body) {
    YamlNode n = body;
    for (String key : List.of("sending_queue", "batch", "flush_timeout")) {
      YamlNode.Entry e = n.isMap() ? n.entries().get(key) : null;
      if (e == null) {
        return Duration.ZERO;
      }
      n = e.value();
    }
    return GoDurations.TYPE.read(n);
  }
}
