package dev.tethys.collect.discovery;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code static_configs}: targets listed in the configuration itself. */
public record StaticConfig(List<TargetGroup> groups) implements DiscoveryConfig {
  public StaticConfig {
    groups = List.copyOf(groups);
  }

  @Override
  public String mechanism() {
    return "static";
  }

  @Override
  public Discovery discovery(DiscoveryContext context) {
    return sink -> sink.update(groups);
  }

  @Override
  public Map<String, @Nullable Object> tree() {
    return Map.of("static_configs", TargetGroups.tree(groups));
  }
}
