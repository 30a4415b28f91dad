package dev.tethys.pipeline.client;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.CloudAuth;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.UrlText;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.Reference;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP client as the Collector writes it (confighttp).
 *
 * @param endpoint null if an exporter has another for each signal
 * @param level compression level
 * @param headers headers of every request; names in lower case
 * @param auth null if requests do not authenticate
 */
public record HttpClientSettings(
    @Nullable URI endpoint,
    HttpClientConfig client,
    Compression compression,
    int level,
    Map<String, Secret> headers,
    @Nullable Reference auth) {
  private static final Section PARAMS =
      new Section("compression_params", "Parameters of the compression.");
  private static final Key<Long> LEVEL =
      PARAMS.key(
          "level",
          Type.INT,
          0L,
          "Compression level of the chosen compression; 0 or -1 for its default.");

  /** Variant with the authentication of a cloud. */
  public HttpClientSettings with(CloudAuth cloud, YamlObject o) {
    return new HttpClientSettings(
        endpoint, client.with(cloud, o), compression, level, headers, auth);
  }

  /** Variant with another compression, at its default level. */
  public HttpClientSettings withCompression(Compression other) {
    return new HttpClientSettings(
        endpoint, client, other, Compression.DEFAULT_LEVEL, headers, auth);
  }

  /** Keys of the block, to which an exporter adds its own. */
  public static final class Keys {
    private final Key<String> endpoint;
    private final Key<String> proxy;
    private final Key<ClientTlsSettings> tls;
    private final Key<Compression> compression;
    private final Key<Long> level;
    private final Key<Map<String, Secret>> headers;
    private final Key<Reference> auth;
    private final ConnectionKeys connections;

    /** Adds the keys to a section. */
    public Keys(Section s) {
      this(s, Compression.GZIP);
    }

    /**
     * Adds the keys to a section.
     *
     * @param usual default compression
     */
    public Keys(Section s, Compression usual) {
      endpoint = s.key("endpoint", Type.STRING, "", "URL of the server.");
      proxy =
          s.key(
              "proxy_url",
              Type.STRING,
              "",
              "URL of the proxy; by default taken from the environment.");
      tls =
          s.key(
              "tls",
              ClientTlsSettings.TYPE,
              ClientTlsSettings.DEFAULT,
              "TLS settings of the client.");
      SequencedMap<String, Compression> words = new LinkedHashMap<>();
      for (Compression c : Compression.values()) {
        words.put(c.word(), c);
      }
      words.put("none", Compression.NONE);
      compression =
          s.key("compression", Type.oneOf("compression", words), usual, "Compression of requests.");
      level = s.key("compression_params", PARAMS.type(o -> o.get(LEVEL)), 0L, "Compression level.");
      headers = s.key("headers", ClientKeys.HEADERS, Map.of(), "Headers of every request.");
      auth = s.optional("auth", ClientKeys.AUTH_TYPE, "Authenticator of requests.");
      connections = new ConnectionKeys(s);
    }

    /** Returns the compression key, for exporters with an alias for it. */
    public Key<Compression> compressionKey() {
      return compression;
    }

    /** Reads the keys from a map that may contain others. */
    public HttpClientSettings read(YamlObject o) {
      Compression c = o.get(compression);
      long l = o.get(level);
      long most =
          switch (c) {
            case GZIP, ZLIB, DEFLATE -> 9;
            case ZSTD -> 22;
            default -> 0;
          };
      if (l < -1 || l > most) {
        throw o.error(level, "level " + l + " is not valid for compression " + c.word());
      }
      String url = o.get(endpoint);
      String through = o.get(proxy);
      ProxyConfig p =
          new ProxyConfig(
              through.isEmpty() ? null : url(o, proxy, through), "", through.isEmpty(), Map.of());
      if (p.url() != null && !ProxyConfig.SCHEMES.contains(String.valueOf(p.url().getScheme()))) {
        throw o.error(
            proxy,
            "proxy_url must have one of the schemes " + String.join(", ", ProxyConfig.SCHEMES));
      }
      return new HttpClientSettings(
          url.isEmpty() ? null : url(o, endpoint, url),
          new HttpClientConfig(
                  null, null, null, o.get(tls).config(), true, connections.http2(o), p, Map.of())
              .with(connections.read(o)),
          c,
          l == 0 ? Compression.DEFAULT_LEVEL : (int) l,
          o.get(headers),
          o.find(auth));
    }

    /** Parses a URL that requests can be sent to. */
    public static URI url(YamlObject o, Key<String> key, String text) {
      String reason = "";
      try {
        URI u = UrlText.read(text);
        if (UrlHost.of(u) != null && u.getScheme() != null) {
          return u;
        }
      } catch (URISyntaxException e) {
        reason = ": " + e.getReason();
      }
      throw o.error(
          key,
          key.name() + " must be a URL such as https://host:4318, not \"" + text + "\"" + reason);
    }
  }
}
