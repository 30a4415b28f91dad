package dev.tethys.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * HTTP client proxy settings.
 *
 * @param noProxy destinations reached without it: addresses, networks, domains, each with an
 *     optional port, separated by commas
 * @param connectHeader headers sent to the proxy with a CONNECT request
 */
public record ProxyConfig(
    @Nullable URI url,
    String noProxy,
    boolean fromEnvironment,
    Map<String, List<Secret>> connectHeader) {

  /** Supported proxy schemes. */
  public static final List<String> SCHEMES = List.of("http", "https", "socks5", "socks5h");

  /** No proxy. */
  public static final ProxyConfig NONE = new ProxyConfig(null, "", false, Map.of());

  static final Section SECTION = new Section("proxy", "Proxy of requests.");
  private static final Key<URI> PROXY_URL =
      SECTION.optional("proxy_url", Type.URL, "URL of the proxy.");
  private static final Key<String> NO_PROXY =
      SECTION.key(
          "no_proxy",
          Type.STRING,
          "",
          "Hosts, addresses, networks and domains reached without the proxy, separated by commas.");
  private static final Key<Boolean> PROXY_FROM_ENVIRONMENT =
      SECTION.key(
          "proxy_from_environment",
          Type.BOOL,
          false,
          "If true, HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment are used.");
  private static final Key<Map<String, List<Secret>>> PROXY_CONNECT_HEADER =
      SECTION.key(
          "proxy_connect_header",
          Type.map(Type.list(Type.SECRET)),
          Map.of(),
          "Headers for the proxy's CONNECT requests.");

  static ProxyConfig read(YamlObject o) {
    URI url = withScheme(o.find(PROXY_URL));
    boolean given = url != null && !url.toString().isEmpty();
    ProxyConfig c =
        new ProxyConfig(
            given ? url : null,
            o.get(NO_PROXY),
            o.get(PROXY_FROM_ENVIRONMENT),
            o.get(PROXY_CONNECT_HEADER));
    if (!c.connectHeader.isEmpty() && !c.fromEnvironment && !given) {
      throw o.error(
          PROXY_CONNECT_HEADER,
          "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be"
              + " configured");
    }
    if (c.fromEnvironment && given) {
      throw o.error(
          PROXY_URL, "if proxy_from_environment is configured, proxy_url must not be configured");
    }
    if (c.fromEnvironment && !c.noProxy.isEmpty()) {
      throw o.error(
          NO_PROXY, "if proxy_from_environment is configured, no_proxy must not be configured");
    }
    if (!given && !c.noProxy.isEmpty()) {
      throw o.error(NO_PROXY, "if no_proxy is configured, proxy_url must also be configured");
    }
    c.connectHeader.forEach(
        (name, values) -> {
          boolean sendable =
              values.stream()
                  .noneMatch(v -> v.value().chars().anyMatch(ch -> ch < ' ' || ch == 0x7f));
          if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+") || !sendable) {
            throw o.error(PROXY_CONNECT_HEADER, "\"" + name + "\" cannot be sent as a header");
          }
        });
    YamlNode proxy = o.at(PROXY_URL);
    if (given && url != null && proxy != null && !isProxy(url)) {
      throw proxy.error(
          "proxy_url must be a URL such as http://proxy:3128, with one of the schemes "
              + String.join(", ", SCHEMES)
              + ", not \""
              + url
              + "\"");
    }
    return c;
  }

  /** Adds a scheme: a host without one is reached over HTTP, as in proxy environment variables. */
  private static @Nullable URI withScheme(@Nullable URI url) {
    if (url == null || url.toString().isEmpty() || url.toString().contains("://")) {
      return url;
    }
    try {
      URI whole = UrlText.read("http://" + url);
      return isProxy(whole) ? whole : url;
    } catch (URISyntaxException e) {
      return url;
    }
  }

  private static boolean isProxy(URI url) {
    return UrlHost.of(url) != null
        && SCHEMES.contains(String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT));
  }

  void addTo(Map<String, @Nullable Object> m) {
    m.put("proxy_url", url);
    m.put("no_proxy", HttpClientConfig.orNull(noProxy));
    m.put("proxy_from_environment", fromEnvironment ? true : null);
    m.put(
        "proxy_connect_header",
        connectHeader.isEmpty() ? null : new LinkedHashMap<>(connectHeader));
  }
}
