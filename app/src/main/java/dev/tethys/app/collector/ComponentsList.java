package dev.tethys.app.collector;

import dev.tethys.config.YamlWriter;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.runtime.BuildInfo;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Lists the program's components, as printed by {@code tethys collector components}. */
final class ComponentsList {
  private ComponentsList() {}

  /** Renders the list as YAML. */
  static String of(Components components) {
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    Map<String, @Nullable Object> build = new LinkedHashMap<>();
    build.put("command", "tethys collector");
    build.put("version", BuildInfo.current().version());
    tree.put("buildinfo", build);
    for (ComponentKind k : ComponentKind.values()) {
      tree.put(
          k.section(),
          components.all().stream()
              .filter(f -> ComponentKind.of(f) == k)
              .sorted(Comparator.comparing(ComponentFactory::type))
              .map(ComponentsList::described)
              .toList());
    }
    return YamlWriter.write(tree);
  }

  private static Map<String, @Nullable Object> described(ComponentFactory<?> f) {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("name", f.type());
    m.put("aliases", f.aliases().isEmpty() ? null : List.copyOf(f.aliases()));
    m.put("about", f.about());
    Set<Signal> signals =
        switch (f) {
          case ReceiverFactory<?> x -> x.signals();
          case ProcessorFactory<?> x -> x.signals();
          case ExporterFactory<?> x -> x.signals();
          default -> Set.of();
        };
    m.put(
        "signals",
        signals.isEmpty()
            ? null
            : new TreeSet<>(signals).stream().map(s -> s.name().toLowerCase(Locale.ROOT)).toList());
    return m;
  }
}
