package dev.tethys.collect.cloud.gcp;

import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudEndpoints;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.collect.cloud.reader.TagFilters;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Projects of Google Cloud whose databases are read.
 *
 * @param region region of the instances; empty for all
 * @param credentialsFile empty for the credentials of the environment
 */
public record GcpAccount(
    List<String> projects,
    String region,
    String credentialsFile,
    TagFilters cloudSqlFilters,
    TagFilters memorystoreFilters,
    boolean monitoring,
    boolean logs,
    Map<String, String> endpoints) {
  private static final int MAX_PROJECTS = 40;

  private static final CloudEndpoints ENDPOINTS =
      new CloudEndpoints(
          GcpCalls.SQLADMIN,
          GcpCalls.REDIS,
          GcpCalls.MEMCACHE,
          GcpCalls.MEMORYSTORE,
          GcpCalls.MONITORING,
          GcpCalls.LOGGING);

  private static final Section SECTION =
      new Section("gcp", "Databases of Google Cloud: Cloud SQL and Memorystore.");
  private static final Key<List<String>> PROJECTS =
      SECTION.required("projects", Type.list(Type.STRING), "IDs of the projects.");
  private static final Key<String> REGION =
      SECTION.key("region", Type.STRING, "", "Region of the instances; all if empty.");
  private static final Key<String> CREDENTIALS_FILE =
      SECTION.key(
          "credentials_file",
          Type.PATH,
          "",
          "File of the credentials; if empty, application default credentials.");
  private static final Key<Map<String, String>> CLOUDSQL_FILTERS =
      SECTION.key(
          "cloudsql_label_filters",
          Type.map(Type.STRING),
          Map.of(),
          "Labels of Cloud SQL instances, or of their primaries, with globs.");
  private static final Key<Map<String, String>> MEMORYSTORE_FILTERS =
      SECTION.key(
          "memorystore_label_filters",
          Type.map(Type.STRING),
          Map.of(),
          "Labels of Memorystore instances with globs.");
  private static final Key<Boolean> MONITORING =
      SECTION.key("monitoring", Type.BOOL, true, "Read machine metrics from Cloud Monitoring.");
  private static final Key<Boolean> LOGS =
      SECTION.key("logs", Type.BOOL, true, "Read error logs from Cloud Logging.");
  private static final Key<Map<String, String>> ENDPOINTS_KEY =
      SECTION.key(
          "endpoints", ENDPOINTS.type(), Map.of(), "URLs of services, for proxies and tests.");

  /** Type of the key {@code gcp}. */
  public static final Type<GcpAccount> TYPE = SECTION.type(GcpAccount::read);

  private static GcpAccount read(YamlObject o) {
    List<String> projects = o.get(PROJECTS);
    if (projects.isEmpty() || projects.size() > MAX_PROJECTS) {
      throw o.error(PROJECTS, projects.size() + " projects; it must be 1 to " + MAX_PROJECTS);
    }
    Set<String> known = new HashSet<>();
    for (String p : projects) {
      if (!p.matches("(?:[a-z0-9.-]{1,60}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")) {
        throw o.error(PROJECTS, "\"" + p + "\" is not the ID of a project, such as shop-12345");
      }
      if (!known.add(p)) {
        throw o.error(PROJECTS, p + " is configured twice; remove one of them");
      }
    }
    if (!o.get(REGION).matches("(?:[a-z]+-[a-z]+\\d{1,2})?")) {
      throw o.error(REGION, "\"" + o.get(REGION) + "\" is not a region, such as europe-west1");
    }
    return new GcpAccount(
        List.copyOf(projects),
        o.get(REGION),
        o.get(CREDENTIALS_FILE),
        TagFilters.read(o, CLOUDSQL_FILTERS),
        TagFilters.read(o, MEMORYSTORE_FILTERS),
        o.get(MONITORING),
        o.get(LOGS),
        o.get(ENDPOINTS_KEY));
  }

  /** Readers of all projects. */
  public List<CloudReader> readers(CloudContext context, CloudLogEntry.Sink sink) {
    List<CloudReader> out = new ArrayList<>();
    for (String p : projects) {
      out.add(new GcpReader(this, p, context, sink));
    }
    return out;
  }
}
