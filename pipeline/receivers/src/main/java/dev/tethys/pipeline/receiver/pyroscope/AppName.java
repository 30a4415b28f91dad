package dev.tethys.pipeline.receiver.pyroscope;

import dev.tethys.codec.CodecException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Name of a profiled application in {@code /ingest}: {@code app{env=test,host=a}}.
 *
 * @param app application name without labels
 */
record AppName(String app, Map<String, String> labels) {
  /**
   * Parses a name.
   *
   * @throws CodecException if it is invalid
   */
  static AppName parse(String text) {
    int brace = text.indexOf('{');
    String app = (brace < 0 ? text : text.substring(0, brace)).strip();
    if (app.isEmpty()) {
      throw new CodecException("name: the application is missing in \"" + text + "\"");
    }
    Map<String, String> labels = new LinkedHashMap<>();
    if (brace >= 0) {
      if (!text.stripTrailing().endsWith("}")) {
        throw new CodecException("name: labels without an end in \"" + text + "\"");
      }
      for (String pair : text.substring(brace + 1, text.lastIndexOf('}')).split(",")) {
        int eq = pair.indexOf('=');
        if (eq > 0) {
          labels.put(pair.substring(0, eq).strip(), pair.substring(eq + 1).strip());
        } else if (!pair.isBlank()) {
          throw new CodecException("name: no label is \"" + pair + "\"");
        }
      }
    }
    return new AppName(app, labels);
  }

  /**
   * Returns the resource: the label {@code service_name}, otherwise the application, is its {@code
   * service.name}; labels that start with two underscores are private to Pyroscope.
   */
  static Map<String, String> resource(String app, Map<String, String> labels) {
    Map<String, String> out = new LinkedHashMap<>();
    String service = labels.getOrDefault("service_name", app);
    if (!service.isEmpty()) {
      out.put("service.name", service);
    }
    labels.forEach(
        (k, v) -> {
          if (!k.startsWith("__") && !k.equals("service_name")) {
            out.put(k, v);
          }
        });
    return out;
  }
}
