package dev.tethys.collect.discovery.kubernetes;

import dev.tethys.collect.discovery.Discovery;
import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.Kubeconfig;
import dev.tethys.web.kubernetes.ResourceCache;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code kubernetes_sd_configs}: objects of a cluster, followed as they change. */
public final class KubernetesDiscovery implements Discovery {
  /** Selected namespaces; all, if none is named. */
  record Namespaces(boolean own, List<String> names) implements Mechanism.Nested {
    private static final Section SECTION =
        new Section("namespaces", "Namespaces to discover; all if none is named.");
    private static final Key<Boolean> OWN =
        SECTION.key(
            "own_namespace",
            Type.BOOL,
            false,
            "If true, includes the namespace of the pod of this process.");
    private static final Key<List<String>> NAMES =
        SECTION.key("names", Type.list(Type.STRING), List.of(), "Names of namespaces.");
    static final Type<Namespaces> TYPE =
        SECTION.type(o -> new Namespaces(o.get(OWN), o.get(NAMES)));
    static final Namespaces ALL = new Namespaces(false, List.of());

    @Override
    public @Nullable Map<String, @Nullable Object> tree() {
      if (equals(ALL)) {
        return null;
      }
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("own_namespace", own);
      m.put("names", names);
      return m;
    }
  }

  /** Selected objects of a kind. */
  record Selector(String role, String label, String field) implements Mechanism.Nested {
    private static final Section SECTION =
        new Section("selector", "Label and field selectors of a role.");
    private static final Key<String> ROLE =
        SECTION.key(
            "role",
            Type.of("role", "", KubernetesDiscovery::roleWord),
            "",
            "Role that the selectors apply to.");
    private static final Key<String> LABEL =
        SECTION.key("label", Type.STRING, "", "Label selector, in the syntax of kubectl -l.");
    private static final Key<String> FIELD =
        SECTION.key(
            "field", Type.STRING, "", "Field selector, in the syntax of kubectl --field-selector.");
    static final Type<Selector> TYPE =
        SECTION.type(o -> new Selector(o.get(ROLE), o.get(LABEL), o.get(FIELD)));

    @Override
    public Map<String, @Nullable Object> tree() {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("role", role.isEmpty() ? null : role);
      m.put("label", label.isEmpty() ? null : label);
      m.put("field", field.isEmpty() ? null : field);
      return m;
    }
  }

  /** Kinds of objects whose labels are added to targets. */
  record Attach(boolean node, boolean namespace, boolean deployment, boolean job, boolean cronjob)
      implements Mechanism.Nested {
    private static final Section SECTION =
        new Section(
            "attach_metadata", "Metadata of related objects to attach to targets as labels.");
    private static final Key<Boolean> NODE =
        SECTION.key(
            "node", Type.BOOL, false, "Attaches the metadata of the node of a pod or endpoint.");
    private static final Key<Boolean> NAMESPACE =
        SECTION.key("namespace", Type.BOOL, false, "Attaches the metadata of the namespace.");
    private static final Key<Boolean> DEPLOYMENT =
        SECTION.key("deployment", Type.BOOL, false, "Attaches the deployment that owns a pod.");
    private static final Key<Boolean> JOB =
        SECTION.key("job", Type.BOOL, false, "Attaches the job that owns a pod.");
    private static final Key<Boolean> CRONJOB =
        SECTION.key(
            "cronjob", Type.BOOL, false, "Attaches the cron job that owns the job of a pod.");
    static final Type<Attach> TYPE =
        SECTION.type(
            o ->
                new Attach(
                    o.get(NODE), o.get(NAMESPACE), o.get(DEPLOYMENT), o.get(JOB), o.get(CRONJOB)));
    static final Attach NONE = new Attach(false, false, false, false, false);

    @Override
    public @Nullable Map<String, @Nullable Object> tree() {
      if (equals(NONE)) {
        return null;
      }
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("node", node);
      m.put("namespace", namespace);
      m.put("deployment", deployment);
      m.put("job", job);
      m.put("cronjob", cronjob);
      return m;
    }
  }

  private static final Section SECTION =
      new Section("kubernetes_sd_config", "Targets from the Kubernetes API.");
  private static final Key<String> API_SERVER =
      SECTION.key(
          "api_server",
          Type.STRING,
          "",
          "URL of the API server; without it and kubeconfig_file, the cluster of this process.");
  private static final Key<String> ROLE =
      SECTION.key(
          "role",
          Type.of(
              "node | pod | service | endpoints | endpointslice | ingress",
              "",
              KubernetesDiscovery::roleWord),
          "",
          "Role of the entities to discover; required.");
  private static final Key<String> KUBECONFIG_FILE =
      SECTION.key(
          "kubeconfig_file",
          Type.PATH,
          "",
          "Path of a kubeconfig file, whose current context is used.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<Namespaces> NAMESPACES =
      SECTION.key("namespaces", Namespaces.TYPE, Namespaces.ALL, "Namespaces to discover.");
  private static final Key<List<Selector>> SELECTORS =
      SECTION.key(
          "selectors",
          Type.list(Selector.TYPE),
          List.of(),
          "Label and field selectors that limit the objects of each role.");
  private static final Key<Attach> ATTACH_METADATA =
      SECTION.key(
          "attach_metadata",
          Attach.TYPE,
          Attach.NONE,
          "Metadata of related objects to attach to targets.");

  public static final Mechanism MECHANISM =
      Mechanism.of("kubernetes", SECTION, KubernetesDiscovery::check, KubernetesDiscovery::new);

  /**
   * Restricts an entry to one node, so that not all pods of a cluster are requested: to pods that
   * are bound to it. An entry of another mechanism or role stays unchanged.
   */
  public static DiscoveryConfig onNode(DiscoveryConfig config, String node) {
    Settings s = MECHANISM.settings(config);
    if (s == null || !s.get(ROLE).equals(Role.POD.toString())) {
      return config;
    }
    String field = "spec.nodeName=" + node;
    List<Selector> out = new ArrayList<>();
    boolean any = false;
    for (Selector x : s.get(SELECTORS)) {
      boolean ofPods = x.role().equals(Role.POD.toString());
      any |= ofPods;
      boolean add = ofPods && !x.field().contains(field);
      String fields = x.field().isEmpty() ? field : x.field() + "," + field;
      out.add(add ? new Selector(x.role(), x.label(), fields) : x);
    }
    if (!any) {
      out.add(new Selector(Role.POD.toString(), "", field));
    }
    return MECHANISM.with(s, SELECTORS, List.copyOf(out));
  }

  /** Remedy in the error outside a cluster. */
  static final String OUTSIDE = "name api_server or kubeconfig_file";

  private static final System.Logger LOG = JulLogger.of(KubernetesDiscovery.class.getName());

  private static String roleWord(YamlNode n) {
    for (Role r : Role.values()) {
      if (r.toString().equals(n.asString())) {
        return n.asString();
      }
    }
    throw n.error("unknown Kubernetes SD role \"" + n.asString() + "\"");
  }

  private static Role role(Settings s) {
    for (Role r : Role.values()) {
      if (r.toString().equals(s.get(ROLE))) {
        return r;
      }
    }
    throw new IllegalStateException("no role");
  }

  private static void check(YamlObject o, Settings s) {
    boolean ownClient = !s.client().equals(HttpClientConfig.DEFAULT);
    boolean server = !s.get(API_SERVER).isEmpty();
    boolean file = !s.get(KUBECONFIG_FILE).isEmpty();
    boolean own = s.get(NAMESPACES).own();
    if (s.get(ROLE).isEmpty()) {
      throw o.error("role missing (one of: pod, service, endpoints, endpointslice, node, ingress)");
    }
    if (server && file) {
      throw o.error("cannot use 'kubeconfig_file' and 'api_server' simultaneously");
    }
    if (file && ownClient) {
      throw o.error(
          "cannot use a custom HTTP client configuration together with 'kubeconfig_file'");
    }
    if (!server && ownClient) {
      throw o.error(
          "to use custom HTTP client configuration please provide the 'api_server' URL explicitly");
    }
    if (server && own) {
      throw o.error("cannot use 'api_server' and 'namespaces.own_namespace' simultaneously");
    }
    if (file && own) {
      throw o.error("cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously");
    }
    if (server && !s.get(API_SERVER).matches("https?://[^/]+.*")) {
      throw o.error(API_SERVER, "\"" + s.get(API_SERVER) + "\" is not an HTTP or HTTPS URL");
    }
    Set<String> seen = new HashSet<>();
    for (Selector sel : s.get(SELECTORS)) {
      if (!seen.add(sel.role())) {
        throw o.error(SELECTORS, "duplicated selector role: " + sel.role());
      }
      Role role = role(s);
      if (!role.selectors().contains(sel.role())) {
        throw o.error(
            SELECTORS,
            role + " role supports only " + String.join(", ", role.selectors()) + " selectors");
      }
      String problem = SelectorCheck.problem(sel.label(), sel.field());
      if (problem != null) {
        throw o.error(SELECTORS, problem);
      }
    }
  }

  /**
   * Watched objects.
   *
   * @param namespace {@code ""} for all
   */
  private record Watched(Resource resource, String namespace, String label, String field) {
    ResourceWatch.Scope scope() {
      return new ResourceWatch.Scope(resource.path(namespace), label, field, false);
    }
  }

  /** Passes the objects of a watch to the state from which targets are built. */
  private final class Seen implements ResourceCache.Listener<JsonNode> {
    private final Resource resource;
    private final String namespace;

    Seen(Watched of) {
      this.resource = of.resource;
      this.namespace = of.namespace;
    }

    @Override
    public JsonNode read(JsonNode object) {
      return resource.keep(object);
    }

    @Override
    public void changed(List<ResourceCache.Change<JsonNode>> changes) {
      state.changed(resource, changes);
    }

    @Override
    public void synced() {
      state.synced(namespace);
    }

    @Override
    public void failed(String what, String reason) {
      context.metrics().kubernetesFailed();
      LOG.log(
          Level.WARNING,
          "kubernetes discovery cannot {0}, keeping its last targets: {1}",
          what,
          reason);
    }
  }

  private final Settings settings;
  private final DiscoveryContext context;
  private final ClusterAccess access;
  private final List<Watched> scopes;
  private final ClusterState state;

  private KubernetesDiscovery(Settings settings, DiscoveryContext context) {
    this(settings, context, ClusterAccess.SERVICE_ACCOUNT);
  }

  KubernetesDiscovery(Settings settings, DiscoveryContext context, Path serviceAccount) {
    this.settings = settings;
    this.context = context;
    String server = settings.get(API_SERVER);
    String file = settings.get(KUBECONFIG_FILE);
    this.access =
        !file.isEmpty()
            ? new Kubeconfig(Path.of(file), "", context.clock())
            : server.isEmpty()
                ? ClusterAccess.inCluster(context.environment()::get, serviceAccount, OUTSIDE)
                : ClusterAccess.of(server, settings.client());
    Namespaces wanted = settings.get(NAMESPACES);
    List<String> namespaces = new ArrayList<>(wanted.names());
    if (wanted.own()) {
      namespaces.add(ClusterAccess.ownNamespace(serviceAccount));
    }
    if (namespaces.isEmpty()) {
      namespaces.add("");
    }
    this.scopes = scopes(namespaces.stream().distinct().toList());
    Role role = role(settings);
    Attach attach = settings.get(ATTACH_METADATA);
    ObjectLabels labels = new ObjectLabels(attach);
    this.state =
        new ClusterState(
            role,
            switch (role) {
              case NODE -> new NodeTargets();
              case POD -> new PodTargets(labels);
              case SERVICE -> new ServiceTargets(labels);
              case ENDPOINTS -> new EndpointsTargets(labels);
              case ENDPOINTSLICE -> new SliceTargets(labels);
              case INGRESS -> new IngressTargets(labels);
            },
            context.metrics(),
            scopes.stream().map(Watched::namespace).toList());
  }

  private List<Watched> scopes(List<String> namespaces) {
    Role role = role(settings);
    Attach attach = settings.get(ATTACH_METADATA);
    boolean pods = role == Role.POD || role == Role.ENDPOINTS || role == Role.ENDPOINTSLICE;
    Map<Resource, String> wanted = new LinkedHashMap<>(); // with the role of its selector
    wanted.put(role.resource(), role.toString());
    if (role == Role.ENDPOINTS || role == Role.ENDPOINTSLICE) {
      wanted.put(Resource.SERVICES, "service");
      wanted.put(Resource.PODS, "pod");
    }
    if (pods && attach.node()) {
      wanted.put(Resource.NODES, "node");
    }
    if (role != Role.NODE && attach.namespace()) {
      wanted.put(Resource.NAMESPACES, "");
    }
    if (pods && attach.deployment()) {
      wanted.put(Resource.REPLICASETS, "");
    }
    if (pods && attach.cronjob()) {
      wanted.put(Resource.JOBS, "");
    }
    List<Watched> out = new ArrayList<>();
    wanted.forEach(
        (resource, word) -> {
          Selector s =
              settings.get(SELECTORS).stream()
                  .filter(x -> !word.isEmpty() && x.role().equals(word))
                  .findFirst()
                  .orElse(new Selector(word, "", ""));
          for (String ns : resource.namespaced() ? namespaces : List.of("")) {
            out.add(new Watched(resource, ns, s.label(), s.field()));
          }
        });
    return out;
  }

  @Override
  public void run(Sink sink) throws InterruptedException {
    List<Thread> watches = new ArrayList<>();
    try {
      ResourceWatch.Connection means =
          new ResourceWatch.Connection(access, context.http()::send, context.pause()::pause);
      for (Watched of : scopes) {
        ResourceCache<JsonNode> cache = new ResourceCache<>(of.scope(), means, new Seen(of));
        state.add(of.resource(), cache);
        watches.add(cache.thread("kubernetes-" + of.resource()));
      }
      watches.forEach(Thread::start);
      while (true) {
        sink.update(state.awaitGroups());
      }
    } finally {
      watches.forEach(Thread::interrupt);
    }
  }
}
