package dev.tethys.collect.database.mongodb.wire;

import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.web.scram.Scram;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A connection string (https://www.mongodb.com/docs/manual/reference/connection-string/).
 *
 * @param srv whether the one host is a name whose servers DNS knows
 * @param authority hosts as they were written
 * @param hosts hosts of the deployment; at least one
 * @param login null if none
 * @param database database named in the path, or {@code ""} for none
 * @param options options by lower-case name
 */
public record MongoUri(
    boolean srv,
    String authority,
    List<MongoHost> hosts,
    @Nullable Login login,
    String database,
    Map<String, String> options) {
  /** User and password. */
  public record Login(String user, Secret password) {}

  /** Authentication mechanism. */
  enum Mechanism {
    /** Strongest SCRAM variant the server offers for the user. */
    DEFAULT(""),
    SCRAM_SHA_1(Scram.SHA_1),
    SCRAM_SHA_256(Scram.SHA_256),
    X509("MONGODB-X509"),
    PLAIN("PLAIN"),
    GSSAPI("GSSAPI"),
    AWS("MONGODB-AWS"),
    OIDC("MONGODB-OIDC");

    private final String text;

    Mechanism(String text) {
      this.text = text;
    }

    /** Returns the name in MongoDB. */
    String text() {
      return text;
    }
  }

  /** Member of a replica set to read from. */
  enum ReadPreference {
    PRIMARY("primary"),
    PRIMARY_PREFERRED("primaryPreferred"),
    SECONDARY("secondary"),
    SECONDARY_PREFERRED("secondaryPreferred"),
    NEAREST("nearest");

    private final String text;

    ReadPreference(String text) {
      this.text = text;
    }

    /** Returns the name in MongoDB. */
    String text() {
      return text;
    }
  }

  private static final String PLAIN_SCHEME = "mongodb://";
  private static final String SRV_SCHEME = "mongodb+srv://";
  private static final String EXTERNAL = "$external";

  private static final String PROPERTIES = "authmechanismproperties";
  private static final String TAGS = "readpreferencetags";
  private static final String LOAD_BALANCED = "loadbalanced";
  private static final String ANY_NAME = "tlsallowinvalidhostnames";
  private static final String KEY_PASSWORD = "tlscertificatekeyfilepassword";
  private static final String MAX_STALENESS = "maxstalenessseconds";
  private static final String HEARTBEAT = "heartbeatfrequencyms";

  private static final Duration LEAST_HEARTBEAT = Duration.ofMillis(500);
  private static final Duration LEAST_STALENESS = Duration.ofSeconds(90);

  /** Interval at which an idle primary writes. */
  private static final Duration IDLE_WRITES = Duration.ofSeconds(10);

  private static final Set<String> USED =
      Set.of(
          "tls",
          "ssl",
          "tlsinsecure",
          "sslinsecure",
          "tlsallowinvalidcertificates",
          ANY_NAME,
          "tlscafile",
          "tlscertificatekeyfile",
          "tlscertificatefile",
          "tlsprivatekeyfile",
          KEY_PASSWORD,
          "authsource",
          "authmechanism",
          PROPERTIES,
          "replicaset",
          TAGS,
          LOAD_BALANCED,
          "readpreference",
          MAX_STALENESS,
          HEARTBEAT,
          "connecttimeoutms",
          "serverselectiontimeoutms",
          "sockettimeoutms",
          "timeoutms",
          "appname",
          "directconnection",
          "srvservicename",
          "srvmaxhosts");

  /** Metrics of pools, writes and cursors: strings are copied from programs that have these. */
  private static final Set<String> NOT_OF_A_SCRAPE =
      Set.of(
          "maxpoolsize",
          "minpoolsize",
          "maxidletimems",
          "maxconnecting",
          "waitqueuetimeoutms",
          "waitqueuemultiple",
          "w",
          "wtimeoutms",
          "journal",
          "retrywrites",
          "retryreads",
          "readconcernlevel",
          "localthresholdms",
          "servermonitoringmode",
          "compressors",
          "zlibcompressionlevel",
          "zstdcompressionlevel",
          "uuidrepresentation",
          "tlsdisableocspendpointcheck",
          "tlsdisablecertificaterevocationcheck");

  /**
   * Reads a string; one without a scheme is {@code mongodb://}.
   *
   * @throws IllegalArgumentException if it is invalid; the message holds no password
   */
  public static MongoUri parse(String text) {
    boolean srv = text.startsWith(SRV_SCHEME);
    String rest =
        srv
            ? text.substring(SRV_SCHEME.length())
            : text.startsWith(PLAIN_SCHEME) ? text.substring(PLAIN_SCHEME.length()) : text;
    if (rest.contains("://")) {
      throw new IllegalArgumentException(
          "a connection string begins with mongodb:// or mongodb+srv://");
    }
    int end = firstOf(rest, '/', '?');
    String authority = rest.substring(0, end);
    int query = rest.indexOf('?', end);
    String path = rest.substring(end, query < 0 ? rest.length() : query);
    Login login = null;
    int at = authority.lastIndexOf('@');
    if (at >= 0) {
      String user = authority.substring(0, at);
      authority = authority.substring(at + 1);
      int colon = user.indexOf(':');
      login =
          new Login(
              decoded(colon < 0 ? user : user.substring(0, colon), "the user"),
              new Secret(colon < 0 ? "" : decoded(user.substring(colon + 1), "the password")));
    }
    List<MongoHost> hosts = Arrays.stream(authority.split(",", -1)).map(MongoHost::parse).toList();
    if (srv && (hosts.size() != 1 || authority.indexOf(':') >= 0)) {
      throw new IllegalArgumentException("mongodb+srv:// requires one name, without a port");
    }
    MongoUri uri =
        new MongoUri(
            srv,
            authority,
            hosts,
            login,
            path.length() > 1 ? decoded(path.substring(1), "the database") : "",
            options(query < 0 ? "" : rest.substring(query + 1)));
    uri.check();
    return uri;
  }

  private static int firstOf(String s, char a, char b) {
    int i = 0;
    while (i < s.length() && s.charAt(i) != a && s.charAt(i) != b) {
      i++;
    }
    return i;
  }

  static String decoded(String s, String what) {
    try {
      return URLDecoder.decode(s.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(what + " is not percent-encoded");
    }
  }

  /** Options after the question mark, by their names in lower case. */
  static Map<String, String> options(String query) {
    Map<String, String> out = new LinkedHashMap<>();
    for (String option : query.split("[&;]", -1)) {
      if (option.isEmpty()) {
        continue;
      }
      int is = option.indexOf('=');
      String name = is < 0 ? option : option.substring(0, is);
      String key = name.toLowerCase(Locale.ROOT);
      String value = is < 0 ? "" : decoded(option.substring(is + 1), "the option " + name);
      if (!USED.contains(key) && !NOT_OF_A_SCRAPE.contains(key)) {
        throw new IllegalArgumentException("unknown option " + name);
      }
      if (key.equals(TAGS) && out.containsKey(key)) {
        out.merge(key, value, (a, b) -> a + "\n" + b); // one set after the other
      } else if (out.putIfAbsent(key, value) != null) {
        throw new IllegalArgumentException("the option " + name + " appears twice");
      }
    }
    return out;
  }

  private void check() {
    tls();
    allowsAnyName();
    MechanismProperties.check(mechanism(), login, properties());
    readPreference();
    direct();
    if (!tagSets().isEmpty() && readPreference() == ReadPreference.PRIMARY) {
      throw new IllegalArgumentException("readPreferenceTags are not valid for the primary");
    }
    if (maxStaleness() != null && readPreference() == ReadPreference.PRIMARY) {
      throw new IllegalArgumentException("maxStalenessSeconds is not valid for the primary");
    }
    checkLoadBalanced();
    for (String name :
        List.of("connecttimeoutms", "serverselectiontimeoutms", "sockettimeoutms", "timeoutms")) {
      millis(name);
    }
    if (srv && "true".equals(options.get("directconnection"))) {
      throw new IllegalArgumentException("mongodb+srv:// has no direct connections");
    }
    if (mechanism() == Mechanism.X509 && tls() == null) {
      throw new IllegalArgumentException("MONGODB-X509 requires tls=true");
    }
  }

  private void checkLoadBalanced() {
    if (!isLoadBalanced()) {
      return;
    }
    if (hosts.size() != 1) {
      throw new IllegalArgumentException("loadBalanced requires one host");
    }
    if (on("directconnection") || !replicaSet().isEmpty()) {
      throw new IllegalArgumentException(
          "loadBalanced cannot be combined with directConnection or replicaSet");
    }
  }

  /** Returns the driver's interval between server checks, used to estimate staleness. */
  Duration heartbeat() {
    Duration given = millis(HEARTBEAT);
    Duration usual = Duration.ofSeconds(10);
    return given == null ? usual : given.compareTo(LEAST_HEARTBEAT) < 0 ? LEAST_HEARTBEAT : given;
  }

  /**
   * Returns the maximum lag of a secondary, null for any lag
   * (https://github.com/mongodb/specifications/blob/master/source/max-staleness/max-staleness.md).
   */
  @Nullable Duration maxStaleness() {
    String v = option(MAX_STALENESS);
    if (v.isEmpty() || v.equals("-1")) {
      return null;
    }
    if (!v.matches("\\d{1,9}")) {
      throw new IllegalArgumentException("maxStalenessSeconds is not a number of seconds: " + v);
    }
    Duration most = Duration.ofSeconds(Integer.parseInt(v));
    Duration beats = heartbeat().plus(IDLE_WRITES);
    if (most.compareTo(LEAST_STALENESS) < 0 || most.compareTo(beats) < 0) {
      throw new IllegalArgumentException(
          "maxStalenessSeconds must be at least 90, and at least 10 more than"
              + " heartbeatFrequencyMS");
    }
    return most;
  }

  /** Returns a copy with another login. */
  public MongoUri withLogin(String user, Secret password) {
    return new MongoUri(srv, authority, hosts, new Login(user, password), database, options);
  }

  /** Variant for one of its hosts. */
  public MongoUri at(MongoHost host) {
    return new MongoUri(false, host.text(), List.of(host), login, database, options);
  }

  /**
   * Returns a copy with the servers listed in DNS.
   *
   * @param found options of DNS; options of the string itself take precedence
   */
  MongoUri withSeeds(List<MongoHost> seeds, Map<String, String> found) {
    Map<String, String> all = new LinkedHashMap<>(found);
    all.putAll(options);
    if (!all.containsKey("tls") && !all.containsKey("ssl")) {
      all.put("tls", "true");
    }
    MongoUri uri = new MongoUri(false, authority, seeds, login, database, all);
    uri.checkLoadBalanced();
    return uri;
  }

  private String option(String name) {
    return options.getOrDefault(name, "");
  }

  private boolean on(String name) {
    String v = option(name);
    if (!v.isEmpty() && !v.equals("true") && !v.equals("false")) {
      throw new IllegalArgumentException("the option " + name + " must be true or false, not " + v);
    }
    return v.equals("true");
  }

  /**
   * Whether the URI requests a direct connection to its only host; null if it does not specify
   * this.
   */
  public @Nullable Boolean direct() {
    boolean direct = on("directconnection");
    return options.containsKey("directconnection") ? direct : null;
  }

  /** Returns the TLS settings, or null for a plain connection. */
  public @Nullable TlsConfig tls() {
    boolean given = options.containsKey("tls") || options.containsKey("ssl");
    boolean named =
        !option("tlscafile").isEmpty()
            || !option("tlscertificatekeyfile").isEmpty()
            || !option("tlscertificatefile").isEmpty();
    boolean wanted = on("tls") || on("ssl") || (!given && (srv || named));
    boolean trusting = on("tlsinsecure") || on("sslinsecure") || on("tlsallowinvalidcertificates");
    if (!wanted) {
      return null;
    }
    String both = option("tlscertificatekeyfile");
    String certificate = both.isEmpty() ? option("tlscertificatefile") : both;
    String key = both.isEmpty() ? option("tlsprivatekeyfile") : both;
    if (certificate.isEmpty() != key.isEmpty()) {
      throw new IllegalArgumentException(
          "tlsCertificateFile and tlsPrivateKeyFile must be set together");
    }
    return new TlsConfig(
        "",
        option("tlscafile"),
        "",
        certificate,
        Secret.NONE,
        key,
        new Secret(option(KEY_PASSWORD)),
        "",
        trusting,
        TlsConfig.TlsVersion.TLS12,
        null);
  }

  /** Whether a certificate is accepted regardless of its name. */
  boolean allowsAnyName() {
    return on(ANY_NAME);
  }

  Mechanism mechanism() {
    String name = option("authmechanism");
    for (Mechanism m : Mechanism.values()) {
      if (m.text().equals(name)) {
        return m;
      }
    }
    throw new IllegalArgumentException(
        "authMechanism "
            + name
            + " is not built; there are SCRAM-SHA-1, SCRAM-SHA-256, MONGODB-X509, PLAIN, GSSAPI,"
            + " MONGODB-AWS and MONGODB-OIDC");
  }

  private Map<String, String> properties() {
    return MechanismProperties.read(mechanism(), option(PROPERTIES));
  }

  /** Returns a property of the mechanism; {@code ""} if not specified. */
  String property(String name) {
    return properties().getOrDefault(name, "");
  }

  /** Returns the authentication database. */
  String source() {
    String given = option("authsource");
    if (!given.isEmpty()) {
      return given;
    }
    return switch (mechanism()) {
      case X509, GSSAPI, AWS, OIDC -> EXTERNAL;
      case PLAIN -> database.isEmpty() ? EXTERNAL : database;
      default -> database.isEmpty() ? "admin" : database;
    };
  }

  ReadPreference readPreference() {
    String name = option("readpreference");
    for (ReadPreference p : ReadPreference.values()) {
      if (p.text().equalsIgnoreCase(name)) {
        return p;
      }
    }
    if (name.isEmpty()) {
      return ReadPreference.PRIMARY;
    }
    throw new IllegalArgumentException("readPreference " + name + " is not a mode of MongoDB");
  }

  /** Whether the host is a load balancer of several servers. */
  boolean isLoadBalanced() {
    return on(LOAD_BALANCED);
  }

  /**
   * Returns the tag sets that a member must have, in the order in which they are tried; empty for
   * any member.
   */
  List<Map<String, String>> tagSets() {
    if (!options.containsKey(TAGS)) {
      return List.of();
    }
    List<Map<String, String>> all = new ArrayList<>();
    for (String set : option(TAGS).split("\n", -1)) {
      Map<String, String> tags = new LinkedHashMap<>();
      for (String tag : set.isEmpty() ? new String[0] : set.split(",", -1)) {
        int colon = tag.indexOf(':');
        if (colon <= 0) {
          throw new IllegalArgumentException("readPreferenceTags must be name:value,name:value");
        }
        tags.put(tag.substring(0, colon).strip(), tag.substring(colon + 1).strip());
      }
      all.add(tags);
    }
    return all;
  }

  /** Returns the replica set name; {@code ""} for any. */
  String replicaSet() {
    return option("replicaset");
  }

  /** Returns the client name in the server's log. */
  String appName() {
    String name = option("appname");
    return name.isEmpty() ? "mongodb_exporter" : name;
  }

  /** Returns the service name of the DNS query. */
  String service() {
    String name = option("srvservicename");
    return name.isEmpty() ? "mongodb" : name;
  }

  /** Returns the maximum number of servers used from DNS; 0 for all. */
  int maxHosts() {
    String v = option("srvmaxhosts");
    if (!v.isEmpty() && !v.matches("\\d{1,5}")) {
      throw new IllegalArgumentException("srvMaxHosts is not a number: " + v);
    }
    return v.isEmpty() ? 0 : Integer.parseInt(v);
  }

  /** Returns an option as a duration, or null if it is missing or 0. */
  @Nullable Duration millis(String name) {
    String v = option(name);
    if (!v.isEmpty() && !v.matches("\\d{1,9}")) {
      throw new IllegalArgumentException("the option " + name + " is not a number of milliseconds");
    }
    return v.isEmpty() || Integer.parseInt(v) == 0 ? null : Duration.ofMillis(Integer.parseInt(v));
  }

  /** Returns the authority without credentials. */
  @Override
  public String toString() {
    return authority;
  }
}
