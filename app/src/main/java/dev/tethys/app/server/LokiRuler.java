package dev.tethys.app.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.RuleFile;
import dev.tethys.alert.rule.RuleSpec;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Durations;
import dev.tethys.model.GoJson;
import dev.tethys.model.NameScheme;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.log.JulLogger;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Loki's ruler API: groups of rules over logs by tenant and namespace. Each namespace is a rule
 * file in a folder of the tenant; a response of 202 means that it is on disk and in effect.
 */
final class LokiRuler {
  private static final System.Logger LOG = JulLogger.of(LokiRuler.class.getName());
  private static final String YAML = "application/yaml; charset=utf-8";
  private static final int MAX_BODY = 1 << 20;
  private static final int MAX_GROUPS = 1000; // of a tenant
  private static final int MAX_NAME = 200;
  private static final String SUFFIX = ".yml";

  private final FileAccess files = new RealFiles();
  private final Path folder;
  private final Consumer<List<GroupSpec>> changed;

  /** Groups by tenant and namespace. */
  @GuardedBy("this")
  private final SortedMap<String, SortedMap<String, List<GroupSpec>>> tenants = new TreeMap<>();

  /**
   * @param changed receives all groups after each change
   */
  LokiRuler(Path folder, Consumer<List<GroupSpec>> changed) {
    this.folder = folder;
    this.changed = changed;
  }

  /** Reads the stored groups. A file that cannot be read is named and left unchanged. */
  synchronized void open() throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder, 2)) {
      for (Path f : files.filter(p -> p.toString().endsWith(SUFFIX)).sorted().toList()) {
        String tenant = decoded(String.valueOf(f.getName(f.getNameCount() - 2)));
        String name = String.valueOf(f.getFileName());
        String namespace = decoded(name.substring(0, name.length() - SUFFIX.length()));
        try {
          List<GroupSpec> groups =
              RuleFile.parse(
                  label(tenant, namespace),
                  Files.readString(f),
                  NameScheme.UTF8,
                  ParserOptions.STABLE);
          of(tenant).put(namespace, groups);
        } catch (ConfigException | IOException e) {
          LOG.log(Level.ERROR, "Rule file not loaded file={0} error={1}", f, IoFailures.reason(e));
        }
      }
    }
    publish();
  }

  private static String label(String tenant, String namespace) {
    return "ruler/" + tenant + "/" + namespace;
  }

  private static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8).replace(".", "%2E");
  }

  private static String decoded(String s) {
    return URLDecoder.decode(s, StandardCharsets.UTF_8);
  }

  @GuardedBy("this")
  private SortedMap<String, List<GroupSpec>> of(String tenant) {
    return tenants.computeIfAbsent(tenant, t -> new TreeMap<>());
  }

  @GuardedBy("this")
  private void publish() {
    List<GroupSpec> all = new ArrayList<>();
    tenants.values().forEach(namespaces -> namespaces.values().forEach(all::addAll));
    changed.accept(all);
  }

  /** Adds the endpoints. */
  void addTo(Routes routes) {
    for (String prefix : List.of("/loki/api/v1/rules", "/api/prom/rules")) {
      routes.get(prefix, this::list);
      routes.get(prefix + "/{namespace}", this::list);
      routes.get(prefix + "/{namespace}/{group}", this::group);
      routes.post(prefix + "/{namespace}", this::put);
      routes.delete(prefix + "/{namespace}", this::delete);
      routes.delete(prefix + "/{namespace}/{group}", this::delete);
    }
  }

  private static @Nullable String name(HttpRequest q, String parameter) {
    try {
      return q.pathParam(parameter);
    } catch (IllegalArgumentException e) {
      return null; // the pattern of the route has no such name
    }
  }

  private void list(HttpRequest q, HttpResponse r) throws IOException {
    String only = name(q, "namespace");
    StringBuilder sb = new StringBuilder();
    synchronized (this) {
      of(RequestScope.of(q).tenant())
          .forEach(
              (namespace, groups) -> {
                if (only == null || only.equals(namespace)) {
                  quoted(sb, namespace).append(":\n");
                  groups.forEach(g -> write(sb, g, "    - ", "      "));
                }
              });
    }
    if (sb.isEmpty()) {
      throw new HttpException(404, "no rule groups found");
    }
    r.send(YAML, sb.toString().getBytes(StandardCharsets.UTF_8));
  }

  private void group(HttpRequest q, HttpResponse r) throws IOException {
    GroupSpec found;
    synchronized (this) {
      found = find(RequestScope.of(q).tenant(), q.pathParam("namespace"), q.pathParam("group"));
    }
    if (found == null) {
      throw new HttpException(404, "group does not exist");
    }
    StringBuilder sb = new StringBuilder();
    write(sb, found, "", "");
    r.send(YAML, sb.toString().getBytes(StandardCharsets.UTF_8));
  }

  @GuardedBy("this")
  private @Nullable GroupSpec find(String tenant, String namespace, String group) {
    return of(tenant).getOrDefault(namespace, List.of()).stream()
        .filter(g -> g.name().equals(group))
        .findFirst()
        .orElse(null);
  }

  private void put(HttpRequest q, HttpResponse r) throws IOException {
    String tenant = RequestScope.of(q).tenant();
    String namespace = q.pathParam("namespace");
    if (namespace.length() > MAX_NAME) {
      throw new HttpException(
          400, "namespace has " + namespace.length() + " characters; limit " + MAX_NAME);
    }
    String body = new String(q.bodyBytes(MAX_BODY), StandardCharsets.UTF_8);
    GroupSpec group;
    try {
      group = RuleFile.parseLogGroup(label(tenant, namespace), body, tenant);
    } catch (ConfigException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    }
    if (group.rules().isEmpty()) {
      throw new HttpException(400, "rule group '" + group.name() + "' has no rules");
    }
    synchronized (this) {
      List<GroupSpec> groups = new ArrayList<>(of(tenant).getOrDefault(namespace, List.of()));
      int at = groups.stream().map(GroupSpec::name).toList().indexOf(group.name());
      if (at >= 0) {
        groups.set(at, group);
      } else {
        int all = of(tenant).values().stream().mapToInt(List::size).sum() + 1;
        if (all > MAX_GROUPS) {
          throw new HttpException(
              400,
              "per-user rule groups limit (limit: "
                  + MAX_GROUPS
                  + " actual: "
                  + all
                  + ") exceeded");
        }
        groups.add(group);
      }
      store(tenant, namespace, groups);
    }
    accepted(r);
  }

  private void delete(HttpRequest q, HttpResponse r) throws IOException {
    String tenant = RequestScope.of(q).tenant();
    String namespace = q.pathParam("namespace");
    String group = name(q, "group");
    synchronized (this) {
      List<GroupSpec> groups = new ArrayList<>(of(tenant).getOrDefault(namespace, List.of()));
      boolean found = groups.removeIf(g -> group == null || g.name().equals(group));
      if (!found) {
        throw new HttpException(
            404, group == null ? "no rule groups found" : "group does not exist");
      }
      store(tenant, namespace, groups);
    }
    accepted(r);
  }

  private static void accepted(HttpResponse r) throws IOException {
    r.status(202)
        .header("Content-Type", "application/json")
        .send("{\"status\":\"success\",\"data\":null,\"errorType\":\"\",\"error\":\"\"}");
  }

  /** Writes the file of a namespace, then lets the change take effect. */
  @GuardedBy("this")
  private void store(String tenant, String namespace, List<GroupSpec> groups) {
    Path parent = folder.resolve(encoded(tenant));
    Path file = parent.resolve(encoded(namespace) + SUFFIX);
    try {
      if (groups.isEmpty()) {
        files.delete(file);
      } else {
        files.createDirectories(parent);
        StringBuilder sb = new StringBuilder("groups:\n");
        for (GroupSpec g : groups) {
          write(sb, g, "  - ", "    ");
          sb.append("    type: logs\n    tenant: ");
          quoted(sb, tenant).append('\n');
        }
        byte[] text = sb.toString().getBytes(StandardCharsets.UTF_8);
        files.replace(file, text);
      }
      if (files.isDirectory(parent)) {
        files.syncDirectory(parent);
        files.syncDirectory(folder);
      }
    } catch (IOException e) {
      LOG.log(
          Level.WARNING, "Rule file not written file={0} error={1}", file, IoFailures.reason(e));
      throw new HttpException(
          500, "rule file " + file + " cannot be written: " + IoFailures.reason(e));
    }
    if (groups.isEmpty()) {
      of(tenant).remove(namespace);
    } else {
      of(tenant).put(namespace, groups);
    }
    publish();
  }

  private static StringBuilder quoted(StringBuilder sb, String s) {
    return GoJson.append(sb, s); // JSON's strings are YAML's
  }

  /** Writes a group as YAML, its first line after one indent, the others after another. */
  private static void write(StringBuilder sb, GroupSpec g, String first, String indent) {
    sb.append(first).append("name: ");
    quoted(sb, g.name()).append('\n');
    if (g.interval() != null) {
      sb.append(indent).append("interval: ").append(Durations.format(g.interval())).append('\n');
    }
    if (g.queryOffset() != null) {
      sb.append(indent)
          .append("query_offset: ")
          .append(Durations.format(g.queryOffset()))
          .append('\n');
    }
    if (g.limit() != 0) {
      sb.append(indent).append("limit: ").append(g.limit()).append('\n');
    }
    sb.append(indent).append("rules:\n");
    for (RuleSpec r : g.rules()) {
      rule(sb, r, indent + "  ");
    }
  }

  private static void rule(StringBuilder sb, RuleSpec r, String indent) {
    String more = indent + "  ";
    sb.append(indent).append(r instanceof RuleSpec.Alerting ? "- alert: " : "- record: ");
    quoted(sb, r.name()).append('\n').append(more).append("expr: ");
    quoted(sb, r.query()).append('\n');
    if (r instanceof RuleSpec.Alerting a) {
      duration(sb, more, "for", a.hold());
      duration(sb, more, "keep_firing_for", a.keepFiringFor());
      texts(sb, more, "annotations", a.annotations());
    }
    texts(sb, more, "labels", r.labels());
  }

  private static void duration(StringBuilder sb, String indent, String key, Duration d) {
    if (!d.isZero()) {
      sb.append(indent).append(key).append(": ").append(Durations.format(d)).append('\n');
    }
  }

  private static void texts(
      StringBuilder sb, String indent, String key, Map<String, String> texts) {
    if (texts.isEmpty()) {
      return;
    }
    sb.append(indent).append(key).append(":\n");
    texts.forEach(
        (name, value) -> {
          sb.append(indent).append("  ");
          quoted(sb, name).append(": ");
          quoted(sb, value).append('\n');
        });
  }
}
