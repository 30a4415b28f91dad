package dev.tethys.api.pyroscope;

import dev.tethys.codec.CodecException;
import dev.tethys.model.file.FileAccess;
import dev.tethys.web.HttpException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Settings of Grafana's Profiles Drilldown by tenant, kept in one file. Thread-safe. */
final class SettingsStore {
  /** Maximum total size of all tenants' settings in bytes. */
  static final int MAX_BYTES = 4 << 20;

  /** Most settings of a tenant. */
  static final int MAX_SETTINGS = 200;

  private static final int MAX_NAME = 200;

  private static final MessageSchema TENANT =
      new MessageSchema()
          .one(1, "tenant", MessageSchema.Kind.TEXT)
          .many(2, "settings", PyroscopeMessages.SETTING);
  private static final MessageSchema FILE = new MessageSchema().many(1, "tenants", TENANT);

  private final FileAccess files;
  private final Path file;
  private @Nullable Map<String, Map<String, Setting>> tenants; // read at the first request

  /**
   * Setting.
   *
   * @param modifiedAt Unix milliseconds
   */
  record Setting(String name, String value, long modifiedAt) {
    static Setting of(Map<String, Object> m) {
      return new Setting(
          (String) m.getOrDefault("name", ""),
          (String) m.getOrDefault("value", ""),
          (Long) m.getOrDefault("modifiedAt", 0L));
    }

    Map<String, Object> message() {
      return Map.of("name", name, "value", value, "modifiedAt", modifiedAt);
    }
  }

  SettingsStore(FileAccess files, Path file) {
    this.files = files;
    this.file = file;
  }

  /** Returns a tenant's settings, by name. */
  synchronized List<Setting> of(String tenant) throws IOException {
    return List.copyOf(read().getOrDefault(tenant, Map.of()).values());
  }

  /**
   * Sets a setting.
   *
   * @throws HttpException 409 if the stored one is newer, 400 if it exceeds a limit
   */
  synchronized void set(String tenant, Setting setting) throws IOException {
    if (setting.name.isEmpty() || setting.name.length() > MAX_NAME) {
      throw new HttpException(
          400, "the name of a setting must have 1 to " + MAX_NAME + " characters");
    }
    Map<String, Map<String, Setting>> next = copy();
    Map<String, Setting> own = next.computeIfAbsent(tenant, _ -> new TreeMap<>());
    Setting before = own.put(setting.name, setting);
    if (before != null && before.modifiedAt > setting.modifiedAt) {
      throw new HttpException(409, "newer update already exists for " + setting.name);
    }
    if (own.size() > MAX_SETTINGS) {
      throw new HttpException(400, "more than " + MAX_SETTINGS + " settings of a tenant");
    }
    write(next);
  }

  /** Removes a setting, if it exists. */
  synchronized void delete(String tenant, String name) throws IOException {
    Map<String, Map<String, Setting>> next = copy();
    Map<String, Setting> own = next.get(tenant);
    if (own != null && own.remove(name) != null) {
      write(next);
    }
  }

  private Map<String, Map<String, Setting>> copy() throws IOException {
    Map<String, Map<String, Setting>> out = new TreeMap<>();
    read().forEach((tenant, settings) -> out.put(tenant, new TreeMap<>(settings)));
    return out;
  }

  private Map<String, Map<String, Setting>> read() throws IOException {
    Map<String, Map<String, Setting>> known = tenants;
    if (known != null) {
      return known;
    }
    Map<String, Map<String, Setting>> out = new TreeMap<>();
    if (files.exists(file)) {
      try {
        for (Map<String, Object> tenant : messages(FILE.fromJson(files.read(file)), "tenants")) {
          Map<String, Setting> own = new TreeMap<>();
          for (Map<String, Object> m : messages(tenant, "settings")) {
            Setting s = Setting.of(m);
            own.put(s.name, s);
          }
          out.put((String) tenant.getOrDefault("tenant", ""), own);
        }
      } catch (CodecException e) {
        throw new IOException(file + " is damaged: " + e.getMessage() + "; remove it", e);
      }
    }
    tenants = out;
    return out;
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> messages(Map<String, Object> of, String field) {
    return (List<Map<String, Object>>) of.getOrDefault(field, List.of());
  }

  private void write(Map<String, Map<String, Setting>> next) throws IOException {
    List<Map<String, Object>> all = new ArrayList<>();
    next.forEach(
        (tenant, settings) -> {
          Map<String, Object> m = new LinkedHashMap<>();
          m.put("tenant", tenant);
          m.put("settings", settings.values().stream().map(Setting::message).toList());
          all.add(m);
        });
    byte[] json = FILE.toJson(Map.of("tenants", all));
    if (json.length > MAX_BYTES) {
      throw new HttpException(400, "the settings of all tenants exceed " + MAX_BYTES + " bytes");
    }
    Path folder = file.getParent();
    if (folder != null) {
      files.createDirectories(folder);
    }
    files.replace(file, json);
    tenants = next;
  }
}
