package dev.tethys.prometheus;

import dev.tethys.config.Key;
import dev.tethys.config.YamlObject;
import dev.tethys.model.access.TenantName;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reader of limits of single tenants, by name. */
final class TenantOverrides {
  private TenantOverrides() {}

  /**
   * Limits by tenant, in order.
   *
   * @throws dev.tethys.config.ConfigException if a name is not a valid tenant
   */
  static <T> Map<String, T> read(YamlObject o, Key<Map<String, T>> key) {
    Map<String, T> overrides = o.get(key);
    for (String tenant : overrides.keySet()) {
      String problem = TenantName.problem(tenant);
      if (problem != null) {
        throw o.error(key, "tenant is " + problem);
      }
    }
    return new LinkedHashMap<>(overrides);
  }
}
