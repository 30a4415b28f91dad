package dev.tethys.alert.manager.receiver;

import dev.tethys.alert.manager.template.Templates;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.config.Secret;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.UrlText;
import dev.tethys.config.YamlNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Types of values that only Alertmanager's configuration has. */
public final class ConfigTypes {
  /** An HTTP URL with a host. */
  public static final Type<URI> URL = Type.of("url", null, n -> n.parse(ConfigTypes::url));

  /** HTTP URL treated as a secret, because the path of many webhook URLs acts as a password. */
  public static final Type<Secret> SECRET_URL = Type.of("secret url", null, ConfigTypes::secretUrl);

  /** A duration in the format of Go's time.ParseDuration; a plain number is in nanoseconds. */
  public static final Type<Duration> GO_DURATION =
      Type.of("go duration", Duration.ZERO, n -> n.parse(ConfigTypes::goDuration));

  private static final Pattern PART =
      Pattern.compile("(\\d+\\.?\\d*|\\.\\d+)(ns|us|µs|μs|ms|s|m|h)");

  private ConfigTypes() {}

  /**
   * Reads an HTTP URL.
   *
   * @throws IllegalArgumentException if the text is not an HTTP URL
   */
  public static URI url(String s) {
    URI u;
    try {
      u = UrlText.read(s);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("not a valid URL: " + e.getReason(), e);
    }
    String scheme = u.getScheme();
    if (!"http".equalsIgnoreCase(scheme) && !"https".equalsIgnoreCase(scheme)) {
      throw new IllegalArgumentException(
          "unsupported scheme \"" + (scheme == null ? "" : scheme) + "\" for URL");
    }
    if (UrlHost.of(u) == null) {
      throw new IllegalArgumentException("missing host for URL");
    }
    return u;
  }

  /** A secret URL, or a template for one. */
  public static final Type<Secret> SECRET_TEMPLATE_URL =
      Type.of("secret url", null, ConfigTypes::secretTemplateUrl);

  private static Secret secretTemplateUrl(YamlNode n) {
    String s = n.asString();
    if (!s.contains("{{")) {
      return secretUrl(n);
    }
    try {
      Templates.check(s);
    } catch (TemplateException e) {
      throw n.error("invalid template syntax: " + e.reason());
    }
    return new Secret(s);
  }

  private static Secret secretUrl(YamlNode n) {
    String s = n.asString();
    // What a status page shows can be read back.
    if (!s.isEmpty() && !s.equals(Secret.MASK)) {
      n.parse(ConfigTypes::url);
    }
    return new Secret(s);
  }

  private static Duration goDuration(String s) {
    if (s.matches("\\d{1,18}")) {
      return Duration.ofNanos(Long.parseLong(s));
    }
    Matcher m = PART.matcher(s);
    double nanos = 0;
    int at = 0;
    while (m.lookingAt()) {
      nanos += Double.parseDouble(m.group(1)) * unit(m.group(2));
      at = m.end();
      m.region(at, s.length());
    }
    if (at == 0 || at < s.length() || nanos > Long.MAX_VALUE) {
      throw new IllegalArgumentException(
          "invalid duration \"" + s + "\" (write it like 10s, 1m30s or 1.5h)");
    }
    return Duration.ofNanos((long) nanos);
  }

  private static double unit(String u) {
    return switch (u) {
      case "ns" -> 1;
      case "ms" -> 1e6;
      case "s" -> 1e9;
      case "m" -> 60e9;
      case "h" -> 3600e9;
      default -> 1e3;
    };
  }
}
