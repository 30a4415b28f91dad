package dev.tethys.pipeline.processor.kubernetes;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One processor of a configuration, in whichever pipelines.
 *
 * @param kubeconfig a file; {@code ""} for {@code KUBECONFIG}, or the one in the home folder
 * @param associations each the sources that together identify the pod; {@code ""} is the connection
 */
public record KubernetesConfig(
    Auth auth,
    String kubeconfig,
    String context,
    double callsPerSecond,
    int burst,
    boolean passthrough,
    Extract extract,
    Filter filter,
    List<List<String>> associations,
    List<String> excluded,
    boolean waits,
    Duration waitsFor,
    Duration syncPeriod,
    Duration grace) {
  /** Credentials for the API. */
  enum Auth {
    SERVICE_ACCOUNT("serviceAccount"),
    KUBECONFIG("kubeConfig"),
    NONE("none");

    private final String word;

    Auth(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  /** A label or annotation that becomes an attribute. */
  record Field(String tagName, String key, String keyRegex, KubernetesKind from) {
    private static final Section SECTION =
        new Section("extract field", "Label or annotation that becomes an attribute.");
    private static final Key<String> TAG =
        SECTION.key(
            "tag_name",
            Type.STRING,
            "",
            "Name of the attribute; with key_regex it may contain $1.");
    private static final Key<String> KEY =
        SECTION.key("key", Type.STRING, "", "Name of the label or annotation.");
    private static final Key<String> REGEX =
        SECTION.key(
            "key_regex", Type.STRING, "", "Regular expression that matches the whole name.");
    private static final Key<KubernetesKind> FROM =
        SECTION.key(
            "from",
            Type.oneOf("from", KubernetesKind.values(), KubernetesKind::word),
            KubernetesKind.POD,
            "Object that holds the value.");
    static final Type<Field> TYPE = SECTION.type(Field::read);

    private static Field read(YamlObject o) {
      Field f = new Field(o.get(TAG), o.get(KEY), o.get(REGEX), o.get(FROM));
      if (f.key.isEmpty() == f.keyRegex.isEmpty()) {
        throw o.error("exactly one of key and key_regex is required");
      }
      if (!f.keyRegex.isEmpty()) {
        expression(o.at(REGEX), o, f.keyRegex);
      }
      return f;
    }
  }

  /** Attributes extracted from objects. */
  record Extract(
      List<String> metadata,
      List<Field> labels,
      List<Field> annotations,
      boolean otelAnnotations,
      boolean deploymentFromName,
      Conventions conventions) {
    private static final Section SECTION =
        new Section("extract", "Metadata to extract from objects.");
    private static final Key<List<String>> METADATA =
        SECTION.optional(
            "metadata",
            Type.list(Type.oneOf("metadata", AttributeNames.ATTRIBUTES)),
            "Attributes to add; by default those of the pod, its node and its " + "deployment.");
    private static final Key<List<Field>> LABELS =
        SECTION.key("labels", Type.list(Field.TYPE), List.of(), "Labels that become attributes.");
    private static final Key<List<Field>> ANNOTATIONS =
        SECTION.key(
            "annotations", Type.list(Field.TYPE), List.of(), "Annotations that become attributes.");
    private static final Key<Boolean> OTEL =
        SECTION.key(
            "otel_annotations",
            Type.BOOL,
            false,
            "If true, annotation resource.opentelemetry.io/x of a pod becomes attribute x.");
    private static final Key<Boolean> FROM_NAME =
        SECTION.key(
            "deployment_name_from_replicaset",
            Type.BOOL,
            true,
            "If true, a deployment's name is derived from its replica set's name, and no "
                + "replica sets are watched.");
    private static final Key<Conventions> CONVENTIONS =
        SECTION.key(
            "conventions",
            Type.oneOf("conventions", Conventions.values(), Conventions::word),
            Conventions.V1,
            "Default attribute names: k8s.pod.label.x (v1), k8s.pod.labels.x (v0).");
    static final Type<Extract> TYPE =
        SECTION.type(
            o -> {
              Conventions c = o.get(CONVENTIONS);
              YamlNode written = o.at(METADATA);
              List<String> m =
                  written == null || written.isNull()
                      ? AttributeNames.defaults(c)
                      : o.get(METADATA, List.of());
              return new Extract(
                  m, o.get(LABELS), o.get(ANNOTATIONS), o.get(OTEL), o.get(FROM_NAME), c);
            });
    static final Extract DEFAULT =
        new Extract(
            AttributeNames.defaults(Conventions.V1),
            List.of(),
            List.of(),
            false,
            true,
            Conventions.V1);
  }

  /** Condition on a label or field of pods. */
  record Term(String key, String value, String op) {
    private static final String VALUE = "([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?";
    private static final String NAME = "([-a-z0-9.]+/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?";
    static final Type<Term> LABEL =
        type(List.of("equals", "not-equals", "exists", "does-not-exist"));
    static final Type<Term> FIELD = type(List.of("equals", "not-equals"));

    private static Type<Term> type(List<String> operators) {
      Section section = new Section("filter term", "Condition on a label or field of pods.");
      Key<String> key = section.required("key", Type.STRING, "Name of the label or field.");
      Key<String> value = section.key("value", Type.STRING, "", "Value to compare with.");
      Key<String> op =
          section.key(
              "op", Type.oneOf("filter operation", operators), "equals", "Comparison operator.");
      return section.type(
          o -> {
            Term t = new Term(o.get(key), o.get(value), o.get(op).isEmpty() ? "equals" : o.get(op));
            if (operators.contains("exists") && !(t.key.matches(NAME) && t.value.matches(VALUE))) {
              throw o.error("no label is called or is so: \"" + t.key + "\", \"" + t.value + "\"");
            }
            return t;
          });
    }

    String label() {
      return switch (op) {
        case "exists" -> key;
        case "does-not-exist" -> "!" + key;
        case "not-equals" -> key + "!=" + value;
        default -> key + "=" + value;
      };
    }

    String field() {
      String escaped = value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=");
      return key + (op.equals("equals") ? "=" : "!=") + escaped;
    }
  }

  /** Pod selection. */
  record Filter(
      String node,
      String nodeVariable,
      List<String> namespaces,
      List<Term> fields,
      List<Term> labels) {
    private static final Section SECTION = new Section("filter", "Pods to watch.");
    private static final Key<String> NODE =
        SECTION.key("node", Type.STRING, "", "Name of the node whose pods are watched.");
    private static final Key<String> VARIABLE =
        SECTION.key(
            "node_from_env_var",
            Type.STRING,
            "",
            "Environment variable with the name of the node whose pods are watched.");
    private static final Key<List<String>> NAMESPACE =
        SECTION.key(
            "namespace",
            Type.of("namespace, or list of them", List.of(), Filter::namespaces),
            List.of(),
            "Namespace whose pods are watched.");
    private static final Key<List<Term>> FIELDS =
        SECTION.key(
            "fields",
            Type.list(Term.FIELD),
            List.of(),
            "Conditions on fields of the watched pods.");
    private static final Key<List<Term>> LABELS =
        SECTION.key(
            "labels",
            Type.list(Term.LABEL),
            List.of(),
            "Conditions on labels of the watched pods.");
    static final Type<Filter> TYPE =
        SECTION.type(
            o ->
                new Filter(
                    o.get(NODE), o.get(VARIABLE), o.get(NAMESPACE), o.get(FIELDS), o.get(LABELS)));
    static final Filter ALL = new Filter("", "", List.of(), List.of(), List.of());

    private static List<String> namespaces(YamlNode n) {
      List<YamlNode> items = n.isList() ? n.items() : List.of(n);
      return items.stream().map(YamlNode::asString).filter(s -> !s.isEmpty()).distinct().toList();
    }

    String labelSelector() {
      return String.join(",", labels.stream().map(Term::label).toList());
    }

    String fieldSelector(String ofNode) {
      List<String> all = new ArrayList<>(fields.stream().map(Term::field).toList());
      if (!ofNode.isEmpty()) {
        all.add("spec.nodeName=" + ofNode);
      }
      return String.join(",", all);
    }
  }

  /** Maximum number of sources per association. */
  private static final int MAX_SOURCES = 4;

  private static final List<String> EXCLUDED = List.of("jaeger-agent", "jaeger-collector");

  private static final Section SOURCE =
      new Section("source", "Source of the value that identifies the pod.");
  private static final Key<String> SOURCE_FROM =
      SOURCE.required(
          "from",
          Type.oneOf("from", List.of("resource_attribute", "connection")),
          "Type of the source: resource_attribute, or connection for the peer " + "address.");
  private static final Key<String> SOURCE_NAME =
      SOURCE.key("name", Type.STRING, "", "Name of the resource attribute.");
  private static final Type<String> SOURCE_TYPE =
      SOURCE.type(
          o -> {
            if (o.get(SOURCE_FROM).equals("connection")) {
              return "";
            }
            if (o.get(SOURCE_NAME).isEmpty()) {
              throw o.error("name is required: the name of the attribute");
            }
            return o.get(SOURCE_NAME);
          });
  private static final Section ASSOCIATION =
      new Section("pod_association", "Sources that together identify the pod.");
  private static final Key<List<String>> SOURCES =
      ASSOCIATION.key(
          "sources", Type.list(SOURCE_TYPE), List.of(), "Sources, all of which must match.");
  private static final Type<List<String>> ASSOCIATION_TYPE =
      ASSOCIATION.type(
          o -> {
            List<String> s = o.get(SOURCES);
            if (s.isEmpty() || s.size() > MAX_SOURCES) {
              throw o.error("an association must have 1 to " + MAX_SOURCES + " sources");
            }
            return s;
          });

  private static final Section EXCLUDE = new Section("exclude", "Pods without metadata.");
  private static final Section EXCLUDED_POD = new Section("pod", "Pod without metadata.");
  private static final Key<String> NAME =
      EXCLUDED_POD.required(
          "name", Type.STRING, "Regular expression searched for in the pod name.");
  private static final Key<List<String>> PODS =
      EXCLUDE.key(
          "pods",
          Type.list(
              EXCLUDED_POD.type(
                  o -> {
                    expression(o.at(NAME), o, o.get(NAME));
                    return o.get(NAME);
                  })),
          EXCLUDED,
          "Names of the pods.");

  static final String ABOUT =
      "Adds attributes of the pod that sent the telemetry, from Kubernetes.";

  private static final Section SECTION = new Section("k8s_attributes", ABOUT);
  private static final Key<Auth> AUTH =
      SECTION.key(
          "auth_type",
          Type.oneOf("auth_type", Auth.values(), Auth::word),
          Auth.SERVICE_ACCOUNT,
          "Authentication to the Kubernetes API.");
  private static final Key<String> KUBECONFIG =
      SECTION.key(
          "kube_config_path",
          Type.PATH,
          "",
          "Path of the kubeconfig file, by default that of KUBECONFIG; only with "
              + "auth_type kubeConfig.");
  private static final Key<String> CONTEXT =
      SECTION.key(
          "context",
          Type.STRING,
          "",
          "Context of the kubeconfig file, instead of the current one; only with "
              + "auth_type kubeConfig.");
  private static final Key<Double> QPS =
      SECTION.key(
          "kube_api_qps",
          Type.FLOAT,
          5.0,
          "Maximum requests per second to the API; negative for no limit.");
  private static final Key<Long> BURST =
      SECTION.key("kube_api_burst", Type.INT, 10L, "Maximum burst of requests to the API.");
  private static final Key<Boolean> PASSTHROUGH =
      SECTION.key(
          "passthrough",
          Type.BOOL,
          false,
          "If true, only k8s.pod.ip is added, without requests to the API.");
  private static final Key<Extract> EXTRACT =
      SECTION.key("extract", Extract.TYPE, Extract.DEFAULT, "Metadata to extract from objects.");
  private static final Key<Filter> FILTER =
      SECTION.key("filter", Filter.TYPE, Filter.ALL, "Pods to watch.");
  private static final Key<List<List<String>>> ASSOCIATIONS =
      SECTION.key(
          "pod_association",
          Type.list(ASSOCIATION_TYPE),
          List.of(),
          "Rules that associate items with pods.");
  private static final Key<List<String>> EXCLUDES =
      SECTION.key("exclude", EXCLUDE.type(o -> o.get(PODS)), EXCLUDED, "Pods without metadata.");
  private static final Key<Boolean> WAIT =
      SECTION.key(
          "wait_for_metadata",
          Type.BOOL,
          false,
          "If true, the start waits for the metadata of pods.");
  private static final Key<Duration> WAIT_FOR =
      SECTION.key(
          "wait_for_metadata_timeout",
          GoDurations.TYPE,
          Duration.ofSeconds(10),
          "Maximum time that the start waits for metadata.");
  private static final Key<Duration> SYNC =
      SECTION.key(
          "watch_sync_period",
          GoDurations.TYPE,
          Duration.ofMinutes(5),
          "Interval at which pods are associated again with their owners; 0 for never.");
  private static final Key<Duration> GRACE =
      SECTION.key(
          "pod_delete_grace_period",
          GoDurations.TYPE,
          Duration.ofSeconds(120),
          "Time for which deleted objects are kept.");

  static final Type<KubernetesConfig> TYPE = SECTION.type(KubernetesConfig::read);

  private static KubernetesConfig read(YamlObject o) {
    Set<Set<String>> seen = new HashSet<>();
    for (List<String> a : o.get(ASSOCIATIONS)) {
      if (!seen.add(Set.copyOf(new HashSet<>(a)))) {
        throw o.error(ASSOCIATIONS, "two associations have the same sources");
      }
    }
    if (o.get(BURST) < 1 || o.get(BURST) > 1_000_000) {
      throw o.error(BURST, "is 1 to 1000000");
    }
    if (Double.isNaN(o.get(QPS))) {
      throw o.error(QPS, "is a number");
    }
    return new KubernetesConfig(
        o.get(AUTH),
        o.get(KUBECONFIG),
        o.get(CONTEXT),
        o.get(QPS) == 0 ? 5 : o.get(QPS),
        o.get(BURST).intValue(),
        o.get(PASSTHROUGH),
        o.get(EXTRACT),
        o.get(FILTER),
        o.get(ASSOCIATIONS),
        o.get(EXCLUDES).isEmpty() ? EXCLUDED : o.get(EXCLUDES),
        o.get(WAIT),
        o.get(WAIT_FOR),
        o.get(SYNC),
        o.get(GRACE));
  }

  private static void expression(@Nullable YamlNode at, YamlObject o, String s) {
    try {
      Regex.compile(s);
    } catch (RegexSyntaxException e) {
      String problem = "\"" + s + "\" is not a valid regular expression: " + e.getMessage();
      throw at == null ? o.error(problem) : at.error(problem);
    }
  }
}
