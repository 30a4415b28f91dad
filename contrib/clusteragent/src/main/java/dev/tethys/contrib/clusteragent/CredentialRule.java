package dev.tethys.contrib.clusteragent;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.regex.Glob;
import dev.tethys.model.regex.Regex;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Credentials for found databases whose address and name match.
 *
 * @param address pattern of {@code host:port}
 * @param name pattern of the name in the source
 * @param labels added to all metrics
 */
record CredentialRule(
    DatabaseEngine engine,
    Regex address,
    Regex name,
    DatabaseLogin login,
    Map<String, String> labels) {
  private static final Section SECTION =
      new Section(
          "credentials", "Login at found databases of an engine; the first entry that fits wins.");
  private static final Key<DatabaseEngine> ENGINE =
      SECTION.required(
          "engine",
          Type.oneOf("engine", DatabaseEngine.values(), DatabaseEngine::text),
          "postgres, mysql, redis, memcached or mongodb.");
  private static final Key<String> ADDRESS =
      SECTION.key(
          "address", Type.STRING, "*", "Pattern of host and port; * is any text, ? a character.");
  private static final Key<String> NAME =
      SECTION.key(
          "name",
          Type.STRING,
          "*",
          "Pattern of the name in the service map, or namespace/name of a pod.");
  private static final LoginKeys LOGIN = new LoginKeys(SECTION);
  private static final Key<Map<String, String>> LABELS =
      SECTION.key(
          "labels", Type.map(Type.STRING), Map.of(), "Labels of all metrics of the databases.");

  /** Type of the entries in the file. */
  static final Type<YamlObject> TYPE = SECTION.type(o -> o);

  static CredentialRule read(YamlObject o, Function<String, @Nullable String> environment) {
    DatabaseEngine engine = o.get(ENGINE);
    Map<String, String> labels = new TreeMap<>(o.get(LABELS));
    ClusterAgentConfig.checkLabels(o, LABELS, labels);
    return new CredentialRule(
        engine,
        Glob.wildcards(o.get(ADDRESS)),
        Glob.wildcards(o.get(NAME)),
        LOGIN.read(o, engine, environment),
        labels);
  }

  /** Whether it is for the database. */
  boolean isFor(FoundDatabase d) {
    return engine == d.engine() && address.matches(d.address()) && name.matches(d.name());
  }
}
