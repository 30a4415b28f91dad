package dev.tethys.collect.database.mysql;

import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.TlsConfig.TlsVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A {@code my.cnf}: sections of keys, of which login keys are read. A key missing in a section
 * {@code a.b} is inherited from {@code a}; environment variables are written {@code ${NAME}}.
 *
 * @param sections keys by section
 */
record MyCnf(Map<String, Map<String, String>> sections) {
  private static final int MAX_BYTES = 1 << 20;

  /** Spelled as mysqld_exporter spells it. */
  private static final String SKIP_VERIFY = "ssl-skip-verfication";

  private static final Pattern VARIABLE =
      Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)\\}|\\$([A-Za-z_][A-Za-z0-9_]*)");

  /**
   * Reads the file, which need not be there.
   *
   * @param address value of {@code --mysqld.address}, for the section {@code client}
   * @param user likewise
   * @throws IllegalArgumentException if a section cannot be used; the message holds no password
   */
  static MyCnf read(
      Path file, String address, String user, Function<String, @Nullable String> environment)
      throws IOException {
    Map<String, Map<String, String>> sections = new LinkedHashMap<>();
    Map<String, String> client = sections.computeIfAbsent("client", k -> new HashMap<>());
    String password = environment.apply("MYSQLD_EXPORTER_PASSWORD");
    if (password != null) {
      client.put("password", password);
    }
    if (Files.exists(file)) {
      if (Files.size(file) > MAX_BYTES) {
        throw new IOException(file + ": more than " + MAX_BYTES + " bytes");
      }
      Map<String, String> section = new HashMap<>();
      for (String raw : Files.readString(file).split("\n")) {
        String line = raw.trim();
        if (line.startsWith("[") && line.endsWith("]")) {
          section =
              sections.computeIfAbsent(
                  line.substring(1, line.length() - 1).trim(), k -> new HashMap<>());
        } else if (!line.isEmpty() && "#;!".indexOf(line.charAt(0)) < 0) {
          int eq = line.indexOf('=');
          String key = (eq < 0 ? line : line.substring(0, eq)).trim();
          String value = eq < 0 ? "true" : unquoted(line.substring(eq + 1).trim());
          section.put(key, expanded(value, environment));
        }
      }
    }
    if (address.startsWith("unix://")) {
      client.putIfAbsent("socket", address.substring("unix://".length()));
    } else {
      String[] hostAndPort = hostAndPort(address, "--mysqld.address");
      client.putIfAbsent("host", hostAndPort[0]);
      client.putIfAbsent("port", hostAndPort[1]);
    }
    if (!user.isEmpty()) {
      client.putIfAbsent("user", user);
    }
    return new MyCnf(sections);
  }

  private static String unquoted(String v) {
    boolean quoted =
        v.length() > 1
            && (v.startsWith("\"") && v.endsWith("\"") || v.startsWith("'") && v.endsWith("'"));
    return quoted ? v.substring(1, v.length() - 1) : v;
  }

  private static String expanded(String v, Function<String, @Nullable String> environment) {
    return VARIABLE
        .matcher(v)
        .replaceAll(
            m -> {
              String name = m.group(1) != null ? m.group(1) : m.group(2);
              String value = environment.apply(name);
              return Matcher.quoteReplacement(value == null ? "" : value);
            });
  }

  private static String[] hostAndPort(String s, String what) {
    int colon = s.lastIndexOf(':');
    String host = colon < 0 ? "" : s.substring(0, colon);
    String port = s.substring(colon + 1);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.contains(":")) {
      colon = -1;
    }
    if (colon < 0 || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 65535) {
      throw new IllegalArgumentException(what + ": " + s + " must be HOST:PORT or unix:///PATH");
    }
    return new String[] {host.isEmpty() ? "localhost" : host, port};
  }

  /** Returns a key of a section or of its parent sections; {@code ""} if it does not exist. */
  private String get(String section, String key) {
    for (String s = section; !s.isEmpty(); s = parent(s)) {
      String v = sections.getOrDefault(s, Map.of()).get(key);
      if (v != null) {
        return v;
      }
    }
    return "";
  }

  private static String parent(String section) {
    int dot = section.lastIndexOf('.');
    return dot < 0 ? "" : section.substring(0, dot);
  }

  boolean has(String section) {
    return sections.containsKey(section);
  }

  /**
   * Returns the address, credentials and TLS settings of a server.
   *
   * @param target host and port or a socket; {@code ""} for the address of the section
   * @param skipVerify whether certificates are not verified unless the section sets this
   * @throws IllegalArgumentException if the section cannot be used
   */
  MysqlAddress address(String section, String target, boolean skipVerify) {
    String user = get(section, "user");
    if (user.isEmpty()) {
      throw new IllegalArgumentException(
          "no user specified in section [" + section + "] or parent");
    }
    String socket = get(section, "socket");
    String host = get(section, "host");
    String port = get(section, "port");
    if (target.startsWith("unix://")) {
      socket = target.substring("unix://".length());
    } else if (!target.isEmpty()) {
      String[] parts = hostAndPort(target, "target");
      socket = "";
      host = parts[0];
      port = parts[1];
    }
    if (!port.isEmpty() && (!port.matches("\\d{1,5}") || Integer.parseInt(port) > 65535)) {
      throw new IllegalArgumentException("section [" + section + "]: " + port + " is not a port");
    }
    String mode = get(section, "tls");
    boolean custom =
        !(get(section, "ssl-ca")
                + get(section, "tls-min-version")
                + get(section, "tls-max-version")
                + get(section, "tls-server-name"))
            .isEmpty();
    boolean unverified = isOn(section, SKIP_VERIFY, skipVerify);
    // Its own keys make their own TLS, which replaces that of tls.
    boolean skip =
        unverified || (!custom && (mode.equals("skip-verify") || mode.equals("preferred")));
    boolean secured = unverified || custom || !(mode.isEmpty() || mode.equals("false"));
    TlsConfig tls =
        !secured
            ? null
            : new TlsConfig(
                "",
                get(section, "ssl-ca"),
                "",
                get(section, "ssl-cert"),
                Secret.NONE,
                get(section, "ssl-key"),
                get(section, "tls-server-name"),
                skip,
                version(section, "tls-min-version"),
                version(section, "tls-max-version"));
    return new MysqlAddress(
        socket.isEmpty() ? null : Path.of(socket),
        host.isEmpty() ? "127.0.0.1" : host,
        port.isEmpty() || port.equals("0") ? MysqlAddress.PORT : Integer.parseInt(port),
        user,
        new Secret(get(section, "password")),
        tls,
        mode.equals("preferred") && !custom && !unverified,
        isOn(section, "enable-cleartext-plugin", false));
  }

  /** Reads a boolean key with the words accepted by mysqld_exporter's file reader. */
  private boolean isOn(String section, String key, boolean otherwise) {
    String v = get(section, key);
    return switch (v.toLowerCase(Locale.ROOT)) {
      case "" -> otherwise;
      case "1", "t", "true", "y", "yes", "on" -> true;
      case "0", "f", "false", "n", "no", "off" -> false;
      default ->
          throw new IllegalArgumentException(
              "section [" + section + "]: " + key + " is \"" + v + "\"; it must be true or false");
    };
  }

  private @Nullable TlsVersion version(String section, String key) {
    String v = get(section, key);
    return switch (v) {
      case "" -> null;
      case "TLSv1.0" -> TlsVersion.TLS10;
      case "TLSv1.1" -> TlsVersion.TLS11;
      case "TLSv1.2" -> TlsVersion.TLS12;
      case "TLSv1.3" -> TlsVersion.TLS13;
      default ->
          throw new IllegalArgumentException(
              key + "=" + v + " is not allowed, use one of: TLSv1.0, TLSv1.1, TLSv1.2, TLSv1.3");
    };
  }
}
