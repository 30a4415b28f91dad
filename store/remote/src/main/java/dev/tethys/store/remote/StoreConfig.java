package dev.tethys.store.remote;

import dev.tethys.config.Contributions;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Redaction;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import dev.tethys.web.kerberos.KerberosServer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Entry of {@code stores} in {@code prometheus.yml}: an external database that queries read in
 * addition to the embedded store.
 *
 * @param type the kind of database
 * @param name name used in warnings, metrics and logs; unique
 * @param url its URL
 * @param requiredMatchers queried only by selectors that have all of these as equality matchers
 * @param readRecent queried also for times that the embedded store has
 * @param timeout timeout of a single request and of all requests of a selector
 * @param maxBytes maximum size of a single response
 * @param client HTTP client settings
 * @param kerberos Kerberos settings for HTTP authentication, or null if none
 * @param own keys of its type, for the configuration page
 * @param opener opens it
 */
public record StoreConfig(
    String type,
    String name,
    URI url,
    Map<String, String> requiredMatchers,
    boolean readRecent,
    Duration timeout,
    long maxBytes,
    HttpClientConfig client,
    @Nullable KerberosServer kerberos,
    StoreType.MaskedKeys own,
    StoreType.Opener opener) {
  private static final int MAX_STORES = 100;

  /** Keys that are templates in exporters. */
  private static final List<String> NAMES =
      List.of("database", "table", "table_prefix", "metrics_table_prefix", "index");

  private static final Type<Map<String, String>> STRINGS =
      Type.map(Type.of("string", "", YamlNode::asString));

  private static final Type<KerberosServer> KERBEROS =
      KerberosServer.type(
          new Section("http_kerberos", "Kerberos ticket sent with each request to one server."));

  /** A snapshot of the list of stores; read with {@link #readAll}. */
  public static final Type<List<YamlNode>> LIST = Type.list(Type.of("store", null, n -> n));

  /** The keys that entries of all types have. */
  public static final class Keys {
    private final Key<String> type;
    private final Key<String> name;
    private final Key<URI> url;
    private final Key<Map<String, String>> requiredMatchers;
    private final Key<Boolean> readRecent;
    private final Key<Duration> timeout;
    private final Key<Long> maxBytes;
    private final @Nullable Key<KerberosServer> kerberos;

    /**
     * Adds the keys to the section of a type.
     *
     * @param http whether the store is called by HTTP, and has the keys of {@code http_config}
     */
    public Keys(Section s, boolean http) {
      type = s.required("type", Type.STRING, "Kind of the database.");
      s.takingNullAsAbsent();
      name = s.required("name", Type.STRING, "Name in warnings; unique.");
      url = s.required("url", Type.URL, "URL of the database.");
      requiredMatchers =
          s.key(
              "required_matchers",
              STRINGS,
              Map.of(),
              "Labels with values: only selectors that have them all as equality matchers query the"
                  + " store.");
      readRecent =
          s.key(
              "read_recent",
              Type.BOOL,
              false,
              "If true, times that the local store covers completely are queried, too.");
      timeout =
          s.key(
              "timeout", Type.DURATION, Duration.ofMinutes(1), "Timeout of a query to the store.");
      maxBytes =
          s.key(
              "max_response_bytes",
              Type.INT,
              StoreLimits.DEFAULT_BYTES,
              "Maximum size of a response in bytes.");
      if (http) {
        s.include(HttpClientConfig.SECTION);
      }
      kerberos =
          http
              ? s.optional("kerberos", KERBEROS, "Kerberos tickets for the store (HTTP Negotiate).")
              : null;
    }

    /**
     * Reads the common keys.
     *
     * @param shown keys specific to the type of store
     * @param opener opens a store with this configuration
     */
    public StoreConfig read(YamlObject o, StoreType.MaskedKeys shown, Opener opener) {
      long bytes = o.get(maxBytes);
      if (bytes < 1) {
        throw o.error(maxBytes, "max_response_bytes must be above 0");
      }
      String n = o.get(name);
      if (n.isEmpty()) {
        throw o.error(name, "a store needs a name");
      }
      KerberosServer server = kerberos == null ? null : o.find(kerberos);
      HttpClientConfig client =
          kerberos == null
              ? HttpClientConfig.DEFAULT
              : HttpClientConfig.read(o, HttpClientConfig.DEFAULT);
      if (server != null && authenticates(client)) {
        throw o.error(
            "at most one of basic_auth, authorization, oauth2 & kerberos must be configured");
      }
      StoreConfig c =
          new StoreConfig(
              o.get(type),
              n,
              o.get(url),
              o.get(requiredMatchers),
              o.get(readRecent),
              o.get(timeout),
              bytes,
              client,
              server,
              shown,
              s -> {
                throw new IllegalStateException();
              });
      return new StoreConfig(
          c.type,
          c.name,
          c.url,
          c.requiredMatchers,
          c.readRecent,
          c.timeout,
          c.maxBytes,
          c.client,
          c.kerberos,
          c.own,
          s -> opener.open(c, s));
    }
  }

  /** Whether the keys that all stores have identify the caller. */
  public boolean authenticates() {
    return kerberos != null || authenticates(client);
  }

  private static boolean authenticates(HttpClientConfig client) {
    return client.basicAuth() != null || client.authorization() != null || client.oauth2() != null;
  }

  /**
   * Creates an HTTP client for the store.
   *
   * @throws IOException if a certificate or key cannot be read
   */
  public WebClient connect(HttpClientFactory clients) throws IOException {
    return kerberos == null ? clients.client(client) : clients.client(client, kerberos);
  }

  /** Opens a store of its configuration. */
  @FunctionalInterface
  public interface Opener {
    ForeignStore open(StoreConfig config, StoreType.Dependencies dependencies) throws IOException;
  }

  /**
   * Reads all entries of a file.
   *
   * @param types the kinds that exist
   * @throws dev.tethys.config.ConfigException also when two have one name
   */
  public static List<StoreConfig> readAll(List<YamlNode> nodes, List<StoreType> types) {
    List<StoreConfig> out = new ArrayList<>();
    for (YamlNode n : nodes) {
      for (String key : NAMES) {
        YamlNode.Entry e = n.entries().get(key);
        if (e != null && e.value().isScalar() && e.value().asString().contains("{")) {
          throw e.value()
              .error(
                  "a store reads tables of one name: if an exporter's template creates several,"
                      + " configure one store for each, with required_matchers for"
                      + " the labels of its name");
        }
      }
      YamlNode.Entry entry = n.entries().get("type");
      if (entry == null) {
        throw n.error("a store needs a type: " + names(types));
      }
      String word = entry.value().asString();
      StoreType type =
          types.stream()
              .filter(t -> t.name().equals(word))
              .findFirst()
              .orElseThrow(
                  () ->
                      entry
                          .value()
                          .error(
                              Objects.requireNonNullElseGet(
                                  Contributions.refusal(Contributions.STORE, word),
                                  () ->
                                      "no store is of type \""
                                          + word
                                          + "\"; there are "
                                          + names(types))));
      StoreConfig c = type.read(n.object(type.section()));
      if (out.stream().anyMatch(o -> o.name.equals(c.name))) {
        throw n.error("two stores are called \"" + c.name + "\"");
      }
      out.add(c);
      if (out.size() > MAX_STORES) {
        throw n.error("more than " + MAX_STORES + " stores");
      }
    }
    return List.copyOf(out);
  }

  private static String names(List<StoreType> types) {
    TreeSet<String> names = new TreeSet<>();
    types.forEach(t -> names.add(t.name()));
    return String.join(", ", names);
  }

  /** Returns the tree shown on the configuration page. */
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("name", name);
    m.put("type", type);
    m.put("url", Redaction.url(url));
    m.putAll(own.tree());
    m.put("required_matchers", requiredMatchers.isEmpty() ? null : requiredMatchers);
    m.put("read_recent", readRecent ? true : null);
    m.put("timeout", timeout);
    m.put("max_response_bytes", maxBytes);
    client.addTo(m);
    m.put("kerberos", kerberos == null ? null : kerberos.tree());
    return m;
  }
}
