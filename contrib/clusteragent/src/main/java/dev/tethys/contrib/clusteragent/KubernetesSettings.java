package dev.tethys.contrib.clusteragent;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.Kubeconfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Access to the API of a cluster, and the objects to read.
 *
 * @param state whether objects have metrics
 * @param events whether events are log records
 * @param pods whether pods are scraped by their annotations
 * @param discoverDatabases whether annotations of pods name databases
 * @param namespaces whose pods are searched for databases; empty for all
 * @param minAge objects that were created later have no metrics yet
 * @param kubeconfig file with access to the cluster; empty for the service account of the pod
 * @param context of the file, empty for the current one
 */
record KubernetesSettings(
    boolean state,
    boolean events,
    boolean pods,
    boolean discoverDatabases,
    List<String> namespaces,
    Duration minAge,
    String kubeconfig,
    String context) {
  static final Section SECTION =
      new Section("kubernetes", "Kubernetes cluster whose API the agent reads.");

  private static final int MAX_NAMESPACES = 100;
  private static final Duration DEFAULT_AGE = Duration.ofSeconds(30);
  private static final Duration LONGEST_AGE = Duration.ofDays(1);

  private static final Key<Boolean> DISCOVER =
      SECTION.key(
          "discover_databases",
          Type.BOOL,
          true,
          "Read databases that annotations coroot.com/…-scrape of pods name.");
  private static final Key<List<String>> NAMESPACES =
      SECTION.key(
          "namespaces",
          Type.list(Type.STRING),
          List.of(),
          "Namespaces whose pods are searched for databases; all if empty.");
  private static final Key<Boolean> STATE =
      SECTION.key(
          "state",
          Type.BOOL,
          true,
          "Show the state of objects under the names of kube-state-metrics.");
  private static final Key<Boolean> EVENTS =
      SECTION.optional(
          "events", Type.BOOL, "Send events as log records; by default where they can be sent.");
  private static final Key<Boolean> PODS =
      SECTION.key(
          "scrape_pods",
          Type.BOOL,
          true,
          "Scrape pods for metrics and profiles where their annotations ask for it.");
  private static final Key<Duration> MIN_AGE =
      SECTION.key(
          "min_age", Type.DURATION, DEFAULT_AGE, "Objects younger than this have no metrics yet.");
  private static final Key<String> KUBECONFIG =
      SECTION.key(
          "kubeconfig",
          Type.PATH,
          "",
          "File with access to the cluster; by default the service account of the pod.");
  private static final Key<String> CONTEXT =
      SECTION.key("context", Type.STRING, "", "Context of the file; if empty the current one.");

  KubernetesSettings {
    namespaces = List.copyOf(namespaces);
  }

  /**
   * Defaults that flags set.
   *
   * @param canSend whether there is a receiver of log records
   */
  record Defaults(boolean canSend, boolean events, @Nullable Duration minAge) {
    static final Defaults NONE = new Defaults(false, true, null);
  }

  /** Settings without a section in the file. */
  static KubernetesSettings of(Defaults d) {
    return new KubernetesSettings(
        true,
        d.canSend() && d.events(),
        true,
        true,
        List.of(),
        Objects.requireNonNullElse(d.minAge(), DEFAULT_AGE),
        "",
        "");
  }

  /** Reads the section. */
  static KubernetesSettings of(YamlObject o, Defaults d) {
    List<String> namespaces = o.get(NAMESPACES);
    if (namespaces.size() > MAX_NAMESPACES) {
      throw o.error(NAMESPACES, namespaces.size() + " namespaces; at most " + MAX_NAMESPACES);
    }
    for (String n : namespaces) {
      if (!n.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
        throw o.error(NAMESPACES, "\"" + n + "\" is not the name of a namespace");
      }
    }
    Boolean events = o.find(EVENTS);
    if (Boolean.TRUE.equals(events) && !d.canSend()) {
      throw o.error(
          EVENTS,
          "events needs --coroot-url of tethys cluster-agent, or a server with a log store");
    }
    Duration age = d.minAge() != null && !o.has(MIN_AGE) ? d.minAge() : o.get(MIN_AGE);
    if (age.isNegative() || age.compareTo(LONGEST_AGE) > 0) {
      throw o.error(MIN_AGE, "min_age must be from 0s to 24h");
    }
    if (o.get(KUBECONFIG).isEmpty() && !o.get(CONTEXT).isEmpty()) {
      throw o.error(CONTEXT, "context is valid with kubeconfig only");
    }
    return new KubernetesSettings(
        o.get(STATE),
        d.canSend() && Objects.requireNonNullElse(events, d.events()),
        o.get(PODS),
        o.get(DISCOVER),
        namespaces,
        age,
        o.get(KUBECONFIG),
        o.get(CONTEXT));
  }

  /**
   * Access to the API.
   *
   * @throws IOException with the missing item and the remedy
   */
  ClusterAccess access(Function<String, @Nullable String> environment) throws IOException {
    try {
      return kubeconfig.isEmpty()
          ? ClusterAccess.inCluster(
              environment,
              ClusterAccess.SERVICE_ACCOUNT,
              "set kubeconfig in the section kubernetes of the configuration")
          : new Kubeconfig(Path.of(kubeconfig), context, InstantSource.system());
    } catch (IllegalStateException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
