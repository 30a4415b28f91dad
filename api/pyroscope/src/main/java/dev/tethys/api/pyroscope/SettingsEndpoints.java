package dev.tethys.api.pyroscope;

import dev.tethys.model.file.FileAccess;
import dev.tethys.web.HttpException;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * {@code settings.v1.SettingsService}, in which Grafana's Profiles Drilldown stores user settings.
 * Source: api/settings/v1/setting.proto of grafana/pyroscope.
 */
public final class SettingsEndpoints {
  private static final String SERVICE = "/settings.v1.SettingsService/";

  private final SettingsStore store;
  private final LongSupplier now;

  /**
   * @param file stores the settings
   * @param now Unix nanoseconds
   */
  public SettingsEndpoints(FileAccess files, Path file, LongSupplier now) {
    this.store = new SettingsStore(files, file);
    this.now = now;
  }

  /** Adds the endpoints. */
  public void addTo(Routes routes) {
    ConnectMethods to = new ConnectMethods(routes, SERVICE, List.of("/pyroscope", ""));
    to.add(
        "Get",
        PyroscopeMessages.EMPTY,
        PyroscopeMessages.SETTINGS,
        (http, m) ->
            Map.of(
                "settings",
                stored(() -> store.of(RequestScope.of(http).tenant())).stream()
                    .map(SettingsStore.Setting::message)
                    .toList()));
    to.add(
        "Set",
        PyroscopeMessages.ONE_SETTING,
        PyroscopeMessages.ONE_SETTING,
        (http, m) -> {
          if (!(m.get("setting") instanceof Map<?, ?> given)) {
            throw new HttpException(400, "no setting values provided");
          }
          @SuppressWarnings("unchecked")
          SettingsStore.Setting s = SettingsStore.Setting.of((Map<String, Object>) given);
          SettingsStore.Setting set =
              s.modifiedAt() > 0
                  ? s
                  : new SettingsStore.Setting(s.name(), s.value(), now.getAsLong() / 1_000_000);
          stored(
              () -> {
                store.set(RequestScope.of(http).tenant(), set);
                return set;
              });
          return Map.of("setting", set.message());
        });
    to.add(
        "Delete",
        PyroscopeMessages.SETTING_NAME,
        PyroscopeMessages.EMPTY,
        (http, m) -> {
          stored(
              () -> {
                store.delete(RequestScope.of(http).tenant(), (String) m.getOrDefault("name", ""));
                return m;
              });
          return Map.of();
        });
  }

  private interface Work<T> {
    T run() throws IOException;
  }

  private static <T> T stored(Work<T> work) {
    try {
      return work.run();
    } catch (IOException e) {
      throw new HttpException(500, "settings: " + e.getMessage());
    }
  }
}
