package dev.tethys.collect.exporter.jmx;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.MalformedURLException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import javax.management.remote.JMXServiceURL;
import org.jspecify.annotations.Nullable;

/**
 * The file of jmx_exporter's standalone server.
 *
 * @param password never exported or logged
 * @param tls null for plain connections
 * @param include bean patterns to include; empty for all beans
 * @param includeAttributes attribute patterns to include; empty for all
 * @param scrapeTimeout timeout after which the last successful response is returned again; null if
 *     none
 * @param longestRequest time after which the values read so far are returned; null if none
 * @param login required for the pages; null if none
 * @param pagesTls null for pages without TLS, or with the settings of {@code --web.config.file}
 * @param push null without pushing
 */
record JmxConfig(
    JMXServiceURL url,
    String username,
    String password,
    @Nullable JmxTls tls,
    Duration startDelay,
    @Nullable Duration scrapeTimeout,
    @Nullable Duration longestRequest,
    boolean lowercaseNames,
    boolean lowercaseLabels,
    boolean inferCounters,
    List<ObjectName> include,
    List<ObjectName> exclude,
    boolean excludeJvm,
    Map<ObjectName, Set<String>> includeAttributes,
    Map<ObjectName, Set<String>> excludeAttributes,
    boolean autoExclude,
    List<Customizer> customizers,
    List<JmxRule> rules,
    String metricsPath,
    @Nullable PageLogin login,
    @Nullable PagesTls pagesTls,
    @Nullable OtlpPushConfig push) {

  private static final System.Logger LOG = JulLogger.of(JmxConfig.class.getName());
  private static final Type<ObjectName> OBJECT_NAME =
      Type.of("object name", null, JmxConfig::objectName);
  private static final Type<Map<ObjectName, Set<String>>> ATTRIBUTES =
      Type.of("map of object name to list of string", Map.of(), JmxConfig::attributes);

  private static final Section PAGE = new Section("metrics", "Metrics page.");
  private static final Key<String> PATH =
      PAGE.required("path", Type.STRING, "Path of the metrics page.");
  private static final Type<String> PAGE_TYPE = PAGE.type(o -> o.get(PATH));

  /** Threads are virtual here: the numbers are checked and have no meaning. */
  private static final Section THREADS = new Section("threads", "Threads of the HTTP server.");

  private static final Key<Long> MINIMUM =
      THREADS.required("minimum", Type.INT, "Minimum number of threads; ignored.");
  private static final Key<Long> MAXIMUM =
      THREADS.required("maximum", Type.INT, "Maximum number of threads; ignored.");
  private static final Key<Long> KEEP_ALIVE =
      THREADS.required(
          "keepAliveTime", Type.INT, "Keep-alive time of threads in seconds; ignored.");
  private static final Type<Boolean> THREADS_TYPE = THREADS.type(JmxConfig::threads);

  private static final Section SERVER = new Section("httpServer", "HTTP server of the exporter.");
  private static final Key<String> PAGE_KEY = SERVER.key("metrics", PAGE_TYPE, "", "Metrics page.");
  private static final Key<Boolean> THREADS_KEY =
      SERVER.key(
          "threads", THREADS_TYPE, true, "Checked and ignored: Tethys uses virtual threads.");
  private static final Key<PageLogin> AUTHENTICATION =
      SERVER.optional("authentication", PageLogin.TYPE, "Authentication of the pages.");

  private static final Key<YamlNode> PAGES_SSL =
      SERVER.optional("ssl", Type.ANY, "TLS settings of the pages.");
  private static final Key<Long> MAXIMUM_REQUEST =
      SERVER.optional(
          "maximumRequestSeconds",
          Type.INT,
          "Time in seconds after which a scrape returns what it has collected so far.");

  private record Server(
      String path, @Nullable PageLogin login, @Nullable YamlNode ssl, @Nullable Duration longest) {
    static final Server DEFAULT = new Server("", null, null, null);
  }

  private static final Type<Server> SERVER_TYPE =
      SERVER.type(
          o -> {
            o.get(THREADS_KEY);
            Long longest = o.find(MAXIMUM_REQUEST);
            if (longest != null && (longest < 1 || longest > Integer.MAX_VALUE)) {
              throw o.error(MAXIMUM_REQUEST, "maximumRequestSeconds must be at least 1");
            }
            return new Server(
                o.get(PAGE_KEY),
                o.find(AUTHENTICATION),
                o.at(PAGES_SSL),
                longest == null ? null : Duration.ofSeconds(longest));
          });

  private static final Section SECTION =
      new Section("jmx_exporter's file", "JVM to query and rules for its metrics.");
  private static final Key<String> HOST_PORT =
      SECTION.optional("hostPort", Type.STRING, "Host and port of remote JMX.");
  private static final Key<String> JMX_URL =
      SECTION.optional("jmxUrl", Type.STRING, "JMX URL of remote JMX.");
  private static final Key<String> USERNAME = SECTION.key("username", Type.STRING, "", "Username.");
  private static final Key<String> PASSWORD =
      SECTION.key("password", Type.STRING, "", "Password, or ${VARIABLE}.");
  private static final Key<YamlNode> SSL =
      SECTION.optional("ssl", Type.ANY, "TLS settings of remote JMX.");
  private static final Key<Long> START_DELAY =
      SECTION.key(
          "startDelaySeconds",
          Type.INT,
          0L,
          "Start delay in seconds, during which the JVM is not queried.");
  private static final Key<Long> SCRAPE_TIMEOUT =
      SECTION.optional(
          "scrapeTimeoutSeconds",
          Type.INT,
          "Timeout in seconds of a scrape, after which the last successful result is returned.");
  private static final Key<Boolean> LOWERCASE_NAMES =
      flag("lowercaseOutputName", false, "If true, metric names are converted to lower case.");
  private static final Key<Boolean> LOWERCASE_LABELS =
      flag("lowercaseOutputLabelNames", false, "If true, label names are converted to lower case.");
  private static final Key<Boolean> INFER_COUNTERS =
      flag(
          "inferCounterTypeFromName",
          false,
          "If true, metrics whose names end with _total are counters.");

  /** Some published files have it here, although it has never had an effect. */
  private static final Key<Boolean> SNAKE_CASE =
      SECTION.optional("attrNameSnakeCase", Type.BOOL, "Ignored here: it is a setting of rules.");

  private static final Key<List<ObjectName>> INCLUDE = names("includeObjectNames");
  private static final Key<List<ObjectName>> WHITELIST = names("whitelistObjectNames");
  private static final Key<List<ObjectName>> EXCLUDE = names("excludeObjectNames");
  private static final Key<List<ObjectName>> BLACKLIST = names("blacklistObjectNames");
  private static final Key<Boolean> EXCLUDE_JVM =
      flag("excludeJvmMetrics", false, "If true, the metrics of the exporter's JVM are excluded.");
  private static final Key<Map<ObjectName, Set<String>>> INCLUDE_ATTRIBUTES =
      SECTION.key(
          "includeObjectNameAttributes",
          ATTRIBUTES,
          Map.of(),
          "Attributes to include, by object name.");
  private static final Key<Map<ObjectName, Set<String>>> EXCLUDE_ATTRIBUTES =
      SECTION.key(
          "excludeObjectNameAttributes",
          ATTRIBUTES,
          Map.of(),
          "Attributes to exclude, by object name.");
  private static final Key<Boolean> AUTO_EXCLUDE =
      flag(
          "autoExcludeObjectNameAttributes",
          true,
          "If true, attributes that cannot be converted are excluded after their first query.");
  private static final Key<List<Customizer>> CUSTOMIZERS =
      SECTION.optional(
          "metricCustomizers",
          Type.list(Customizer.TYPE),
          "Additional labels and metrics of selected MBeans.");
  private static final Key<List<JmxRule>> RULES =
      SECTION.optional(
          "rules", Type.list(JmxRule.TYPE), "Rules that map MBean attributes to metrics.");
  private static final Key<Server> HTTP_SERVER =
      SECTION.key("httpServer", SERVER_TYPE, Server.DEFAULT, "HTTP server of the exporter.");

  private static final Key<YamlObject> OPEN_TELEMETRY =
      SECTION.optional(
          "openTelemetry", OtlpPushConfig.TYPE, "OTLP endpoint that metrics are pushed to.");

  private static Key<Boolean> flag(String name, boolean otherwise, String doc) {
    return SECTION.key(name, Type.BOOL, otherwise, doc);
  }

  private static Key<List<ObjectName>> names(String name) {
    return SECTION.optional(
        name, Type.list(OBJECT_NAME), "Object names of MBeans; patterns are allowed.");
  }

  /**
   * Reads a file, strictly.
   *
   * @param where address of remote JMX if the file does not set it; "" if it is not set anywhere
   * @throws ConfigException with the position of the error
   */
  static JmxConfig read(Path file, String where, Function<String, @Nullable String> environment)
      throws IOException {
    YamlDocument d = YamlDocument.read(file);
    JmxConfig c = d.readWhole(() -> read(d.root(), where, environment));
    d.refuseNotBuilt();
    return c;
  }

  /** Reads a tree that replaces the file. */
  static JmxConfig read(
      YamlNode node, String where, Function<String, @Nullable String> environment) {
    YamlObject o = node.object(SECTION);
    o.readAll();
    if (o.has(SNAKE_CASE)) {
      LOG.log(
          Level.WARNING,
          "{0}: attrNameSnakeCase has no effect at the top of a file; it is a key of rules",
          o.node().where());
    }
    long delay = o.get(START_DELAY);
    if (delay < 0 || delay > Integer.MAX_VALUE) {
      throw o.error(START_DELAY, "startDelaySeconds must be non-negative");
    }
    Long timeout = o.find(SCRAPE_TIMEOUT);
    if (timeout != null && (timeout < 1 || timeout > Integer.MAX_VALUE)) {
      throw o.error(SCRAPE_TIMEOUT, "scrapeTimeoutSeconds must be at least 1");
    }
    List<JmxRule> rules = o.find(RULES);
    YamlObject push = o.find(OPEN_TELEMETRY);
    if (push == null && o.has(OPEN_TELEMETRY)) {
      push = OtlpPushConfig.EMPTY_SECTION; // which leaves it to the settings outside of the file
    }
    Server server = o.get(HTTP_SERVER);
    return new JmxConfig(
        url(o, where),
        Variables.resolve(o, USERNAME, environment),
        Variables.resolve(o, PASSWORD, environment),
        JmxTls.read(o.at(SSL)),
        Duration.ofSeconds(delay),
        timeout == null ? null : Duration.ofSeconds(timeout),
        server.longest,
        o.get(LOWERCASE_NAMES),
        o.get(LOWERCASE_LABELS),
        o.get(INFER_COUNTERS),
        first(o.find(INCLUDE), o.find(WHITELIST)),
        first(o.find(EXCLUDE), o.find(BLACKLIST)),
        o.get(EXCLUDE_JVM),
        o.get(INCLUDE_ATTRIBUTES),
        o.get(EXCLUDE_ATTRIBUTES),
        o.get(AUTO_EXCLUDE),
        customizers(o),
        rules == null ? List.of(JmxRule.DEFAULT) : rules,
        server.path,
        server.login == null ? null : server.login.resolved(environment),
        PagesTls.read(server.ssl, environment),
        push == null
            ? null
            : OtlpPushConfig.read(push, new OtelSettings(environment, System::getProperty)));
  }

  private static List<Customizer> customizers(YamlObject o) {
    List<Customizer> all = o.find(CUSTOMIZERS);
    return all == null ? List.of() : all;
  }

  private static <T> List<T> first(@Nullable List<T> one, @Nullable List<T> otherwise) {
    return one != null ? one : otherwise != null ? otherwise : List.of();
  }

  private static JMXServiceURL url(YamlObject o, String where) {
    String hostPort = o.find(HOST_PORT);
    String url = o.find(JMX_URL);
    if (!where.isEmpty()) {
      if (hostPort != null || url != null) {
        throw o.error(
            hostPort != null ? HOST_PORT : JMX_URL,
            "set the target JVM by --" + JmxExporterKind.HOST_PORT + " too");
      }
      hostPort = where;
    }
    if (hostPort != null && url != null) {
      throw o.error(JMX_URL, "At most one of hostPort and jmxUrl must be provided");
    }
    Key<String> key = hostPort != null ? HOST_PORT : JMX_URL;
    if (hostPort != null) {
      url = "service:jmx:rmi:///jndi/rmi://" + hostPort + "/jmxrmi";
    }
    if (url == null || url.isEmpty()) {
      throw o.error(
          "one of hostPort and jmxUrl must be provided: the target JVM; for a file of the"
              + " Java agent, which reads its own, --"
              + JmxExporterKind.HOST_PORT
              + " is set by it");
    }
    try {
      JMXServiceURL u = new JMXServiceURL(url);
      if (!u.getProtocol().equals("rmi")) {
        throw o.error(
            key,
            "\"" + u.getProtocol() + "\": of the protocols of remote JMX, only rmi is supported");
      }
      String path = u.getURLPath();
      if (path.startsWith("/jndi/") && !path.startsWith("/jndi/rmi:")) {
        throw o.error(key, "\"" + url + "\": a JVM can only be looked up in an RMI registry");
      }
      return u;
    } catch (MalformedURLException e) {
      throw o.error(key, "\"" + url + "\" is not a JMX URL: " + e.getMessage());
    }
  }

  private static ObjectName objectName(YamlNode n) {
    try {
      return new ObjectName(n.asString());
    } catch (MalformedObjectNameException e) {
      throw n.error("\"" + n.asString() + "\" is not an object name: " + e.getMessage());
    }
  }

  private static Map<ObjectName, Set<String>> attributes(YamlNode n) {
    Map<ObjectName, Set<String>> out = new LinkedHashMap<>();
    n.entries()
        .forEach(
            (k, e) ->
                out.computeIfAbsent(objectName(e.key()), x -> new HashSet<>())
                    .addAll(Type.list(Type.STRING).read(e.value())));
    return out;
  }

  private static Boolean threads(YamlObject o) {
    long least = o.get(MINIMUM);
    long most = o.get(MAXIMUM);
    if (least < 1) {
      throw o.error(MINIMUM, "minimum must be 1 or greater");
    }
    if (most < least || most > 256) {
      throw o.error(MAXIMUM, "maximum must be between " + least + " and 256");
    }
    if (o.get(KEEP_ALIVE) < 1) {
      throw o.error(KEEP_ALIVE, "keepAliveTime must be greater than 0");
    }
    return true;
  }
}
