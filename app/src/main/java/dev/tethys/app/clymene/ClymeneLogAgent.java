package dev.tethys.app.clymene;

import dev.tethys.config.YamlWriter;
import dev.tethys.model.file.IoFailures;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Configuration of clymene-promtail as a {@code promtail.yml}: its file, which defines the inputs,
 * followed by the outputs. Lines are sent to Loki through a client of the file, to other databases
 * through exporters.
 */
final class ClymeneLogAgent {
  private static final String PREFIX = "clymene-promtail.";

  private ClymeneLogAgent() {}

  /** Renders the complete configuration, without the file if it cannot be read. */
  static String yaml(ClymeneFlags flags) {
    Path file = Path.of(flags.get("config.file"));
    if (!Files.isReadable(file)) {
      return "# appended to " + file + "\n" + destinations(flags);
    }
    try {
      return Files.readString(file).stripTrailing() + "\n" + destinations(flags);
    } catch (IOException e) {
      throw new UsageException(file + " cannot be read: " + IoFailures.reason(e));
    }
  }

  /** Renders the keys appended to the file, which does not contain them. */
  static String destinations(ClymeneFlags flags) {
    Map<String, @Nullable Object> tree = new LinkedHashMap<>();
    Map<String, String> labels = labels(flags);
    Map<String, @Nullable Object> exporters = new LinkedHashMap<>();
    ClymeneGraph.logExporters(flags)
        .forEach(
            (name, e) -> {
              if (name.equals("loki")) {
                tree.put("clients", List.of(client(flags, labels)));
              } else {
                exporters.put(name, e);
              }
            });
    if (!exporters.isEmpty()) {
      String tenant = flags.get(PREFIX + "tenant-id");
      if (!tenant.isEmpty()) {
        tree.put("tenant_id", tenant);
      }
      if (!labels.isEmpty()) {
        List<Map<String, String>> inserted = new ArrayList<>();
        labels.forEach(
            (k, v) -> {
              Map<String, String> action = new LinkedHashMap<>();
              action.put("key", k);
              action.put("action", "insert");
              action.put("value", v);
              inserted.add(action);
            });
        tree.put("processors", Map.of("resource", Map.of("attributes", inserted)));
      }
      Map<String, @Nullable Object> extensions = ClymeneGraph.logExtensions(flags);
      if (!extensions.isEmpty()) {
        tree.put("extensions", extensions);
      }
      tree.put("exporters", exporters);
    }
    return YamlWriter.write(tree);
  }

  private static Map<String, @Nullable Object> client(
      ClymeneFlags flags, Map<String, String> labels) {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("url", flags.get("loki.client.url"));
    m.put("timeout", flags.get("loki.client.timeout"));
    putFlag(flags, m, "tenant-id", "tenant_id");
    putFlag(flags, m, "Batch-wait", "batchwait");
    number(flags, m, "Batch-size-bytes", "batchsize");
    Map<String, @Nullable Object> backoff = new LinkedHashMap<>();
    putFlag(flags, backoff, "min-backoff", "min_period");
    putFlag(flags, backoff, "max-backoff", "max_period");
    number(flags, backoff, "max-retries", "max_retries");
    if (!backoff.isEmpty()) {
      m.put("backoff_config", backoff);
    }
    if (!labels.isEmpty()) {
      m.put("external_labels", labels);
    }
    return m;
  }

  private static void putFlag(
      ClymeneFlags flags, Map<String, @Nullable Object> m, String flag, String key) {
    if (flags.isGiven(PREFIX + flag) && !flags.get(PREFIX + flag).isEmpty()) {
      m.put(key, flags.get(PREFIX + flag));
    }
  }

  private static void number(
      ClymeneFlags flags, Map<String, @Nullable Object> m, String flag, String key) {
    if (flags.isGiven(PREFIX + flag)) {
      m.put(key, flags.number(PREFIX + flag));
    }
  }

  private static Map<String, String> labels(ClymeneFlags flags) {
    Map<String, String> out = new LinkedHashMap<>();
    String text = flags.get(PREFIX + "external-labels").strip();
    String inner =
        text.startsWith("{") && text.endsWith("}") ? text.substring(1, text.length() - 1) : text;
    for (String pair : inner.isBlank() ? new String[0] : inner.split(",", -1)) {
      int eq = pair.indexOf('=');
      if (eq <= 0) {
        throw new UsageException(
            "--" + PREFIX + "external-labels: \"" + pair + "\" must be name=value");
      }
      String value = pair.substring(eq + 1).strip();
      boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
      out.put(
          pair.substring(0, eq).strip(), quoted ? value.substring(1, value.length() - 1) : value);
    }
    return out;
  }
}
