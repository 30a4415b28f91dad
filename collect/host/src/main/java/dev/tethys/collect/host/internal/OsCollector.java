package dev.tethys.collect.host.internal;

import java.io.IOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Map;

/** The distribution from os-release(5). */
final class OsCollector implements NodeCollector {
  private static final String[] NAMES = {
    "build_id",
    "id",
    "id_like",
    "image_id",
    "image_version",
    "name",
    "pretty_name",
    "variant",
    "variant_id",
    "version",
    "version_codename",
    "version_id"
  };
  private static final Desc INFO =
      Desc.gauge(
          "node_os_info",
          "A metric with a constant '1' value labeled by build_id, id, id_like, image_id,"
              + " image_version, name, pretty_name, variant, variant_id, version,"
              + " version_codename, version_id.",
          NAMES);
  private static final Desc VERSION =
      Desc.gauge(
          "node_os_version",
          "Metric containing the major.minor part of the OS version.",
          "id",
          "id_like",
          "name");
  private static final Desc SUPPORT_END =
      Desc.gauge(
          "node_os_support_end_timestamp_seconds",
          "Metric containing the end-of-life date timestamp of the OS.");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.readIfThere(files.rootfs("/etc/os-release"));
    if (t == null) {
      t = files.readIfThere(files.rootfs("/usr/lib/os-release"));
    }
    if (t == null) {
      throw NoDataException.NO_DATA;
    }
    Map<String, String> os = parse(t);
    String[] values = new String[NAMES.length];
    for (int i = 0; i < NAMES.length; i++) {
      values[i] = os.getOrDefault(NAMES[i].toUpperCase(java.util.Locale.ROOT), "");
    }
    out.add(INFO, 1, values);
    double version = majorMinor(os.getOrDefault("VERSION_ID", ""));
    if (version > 0) {
      out.add(
          VERSION,
          version,
          os.getOrDefault("ID", ""),
          os.getOrDefault("ID_LIKE", ""),
          os.getOrDefault("NAME", ""));
    }
    String end = os.getOrDefault("SUPPORT_END", "");
    if (!end.isEmpty()) {
      try {
        out.add(SUPPORT_END, LocalDate.parse(end).atStartOfDay(ZoneOffset.UTC).toEpochSecond());
      } catch (DateTimeParseException e) {
        throw t.malformed("SUPPORT_END is not a date: " + end);
      }
    }
  }

  static Map<String, String> parse(Text t) throws MalformedException {
    Map<String, String> os = new HashMap<>();
    while (t.nextLine()) {
      String line = t.line().strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      int eq = line.indexOf('=');
      if (eq <= 0) {
        throw t.malformed("no assignment in \"" + line + "\"");
      }
      os.put(line.substring(0, eq), unquote(line.substring(eq + 1)));
    }
    return os;
  }

  /** A word of the shell: in quotes or not, with backslashes outside single quotes. */
  private static String unquote(String s) {
    StringBuilder sb = new StringBuilder();
    char quote = 0;
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      } else if (c == '\\' && quote != '\'' && i + 1 < s.length()) {
        sb.append(s.charAt(++i));
      } else {
        sb.append(c);
      }
    }
    return sb.toString();
  }

  /** Reads a number with an optional fraction. */
  private static double majorMinor(String version) {
    int i = 0;
    boolean point = false;
    while (i < version.length()) {
      char c = version.charAt(i);
      if (c == '.' && !point && i > 0) {
        point = true;
      } else if (c < '0' || c > '9') {
        break;
      }
      i++;
    }
    Double v = Numbers.parse(version.substring(0, i));
    return v == null ? 0 : v;
  }
}
