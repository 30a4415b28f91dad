package dev.tethys.runtime.ui;

import dev.tethys.model.GoJson;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.Routes;
import dev.tethys.web.StaticAssets;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Serves the user interface from the class path. Its pages are one document, which learns the route
 * prefix from the {@code base} element in it, and from the {@code meta} element named {@code
 * tethys} which role serves it, which APIs there are and below which path each of them is.
 */
public final class WebUi {
  private static final String BASE = "<base href=\"/\" />";
  private static final String TITLE = "<title>Tethys</title>";
  private static final String META = "<meta name=\"tethys\" content=\"\" />";
  private static final String ABSENT =
      "<!doctype html>"
          + BASE
          + TITLE
          + "<p>This build has no user interface (it was built with TETHYS_NO_UI); its API is"
          + " there.";

  /** An API that has pages. */
  public enum Part {
    /** Prometheus's, of a server. */
    PROMETHEUS(
        "prometheus",
        "/overview",
        "/incidents",
        "/incidents/{id}",
        "/query",
        "/dashboards",
        "/dashboards/{page...}",
        "/explore",
        "/explore/logs",
        "/explore/traces",
        "/explore/traces/{id}",
        "/explore/profiles",
        "/services",
        "/services/map",
        "/services/service/{name}",
        "/deployments",
        "/deployments/{id}",
        "/costs",
        "/risks",
        "/graph",
        "/host",
        "/infrastructure",
        "/infrastructure/entity/{page...}",
        "/infrastructure/rules",
        "/nodes",
        "/databases",
        "/databases/database",
        "/cloud",
        "/containers",
        "/containers/container",
        "/targets",
        "/alerts",
        "/rules",
        "/status",
        "/status/{page...}",
        "/config",
        "/flags",
        "/tsdb-status",
        "/service-discovery",
        "/alertmanager-discovery",
        "/agent"),
    /** Data on its way from receivers to exporters. */
    PIPELINES(
        "pipelines", "/pipelines", "/pipelines/findings", "/volumes", "/volumes/recommendations"),
    /** Alertmanager's, on its own or inside a server. */
    ALERTMANAGER(
        "alertmanager",
        "/alertmanager",
        "/alertmanager/",
        "/alertmanager/alerts",
        "/alertmanager/silences",
        "/alertmanager/silences/{page...}",
        "/alertmanager/recurring",
        "/alertmanager/recurring/{page...}",
        "/alertmanager/routes",
        "/alertmanager/status"),
    /** Metrics pushed by short-lived jobs, in a standalone process or inside a server. */
    PUSHGATEWAY("pushgateway", "/pushgateway", "/pushgateway/"),
    /** Collectors of a control plane, their configurations and rollouts. */
    FLEET(
        "fleet",
        "/fleet",
        "/volumes",
        "/volumes/recommendations",
        "/fleet/tap",
        "/fleet/findings",
        "/fleet/configurations",
        "/fleet/repository",
        "/fleet/quotas",
        "/fleet/automation",
        "/fleet/rollouts",
        "/fleet/controls",
        "/fleet/audit"),
    /** Log agent. */
    LOGS("logs", "/targets", "/service-discovery", "/dropped", "/patterns", "/inspect", "/config");

    private final String word;
    private final Set<String> pages;

    Part(String word, String... pages) {
      this.word = word;
      this.pages = Set.of(pages);
    }
  }

  private final String prefix;
  private final String title;
  private final String role;
  private final Map<Part, String> parts = new LinkedHashMap<>();
  private final Set<String> paths = new LinkedHashSet<>(Set.of("/"));
  private final Map<String, HttpHandler> others = new LinkedHashMap<>(); // for who is no browser

  /**
   * Creates a UI without parts.
   *
   * @param prefix the path that browsers see before every page, {@code ""} or {@code /prefix}
   * @param title title of the HTML document
   * @param role {@code server}, {@code agent} …
   */
  public WebUi(String prefix, String title, String role) {
    this.prefix = prefix;
    this.title = title;
    this.role = role;
  }

  /**
   * Adds the pages of an API.
   *
   * @param path API path, without leading or trailing slashes; {@code ""} for none
   */
  public WebUi with(Part part, String path) {
    parts.put(part, path);
    return this;
  }

  /** Adds the pages of an API that is at the root. */
  public WebUi with(Part part) {
    return with(part, "");
  }

  /** Adds the document at one more path, which leads on from there. */
  public WebUi at(String path) {
    paths.add(path);
    return this;
  }

  /** Leaves a path to another handler. */
  public WebUi without(String path) {
    paths.remove(path);
    return this;
  }

  /**
   * Sets another handler of a page for clients that do not request HTML: scripts, and users of
   * curl.
   */
  public WebUi unlessBrowsed(String path, HttpHandler other) {
    others.put(path, other);
    return this;
  }

  private String meta() {
    StringBuilder sb = new StringBuilder("{\"role\":");
    GoJson.append(sb, role).append(",\"version\":");
    GoJson.append(sb, BuildInfo.current().version()).append(",\"parts\":{");
    String separator = "";
    for (Map.Entry<Part, String> e : parts.entrySet()) {
      GoJson.append(sb.append(separator), e.getKey().word).append(':');
      GoJson.append(sb, e.getValue().isEmpty() ? "" : e.getValue() + "/");
      separator = ",";
    }
    return sb.append("}}").toString();
  }

  private byte[] page() {
    return index()
        .replace(BASE, "<base href=\"" + attribute(prefix) + "/\" />")
        .replace(META, "<meta name=\"tethys\" content=\"" + attribute(meta()) + "\" />")
        .replace(TITLE, "<title>" + attribute(title) + "</title>")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String index() {
    try (InputStream in = WebUi.class.getResourceAsStream("/ui/index.html")) {
      return in == null ? ABSENT : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String attribute(String s) {
    return s.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }

  private static HttpHandler negotiated(HttpHandler document, HttpHandler other) {
    return (request, response) -> {
      String accepted = request.header("Accept");
      response.header("Vary", "Accept");
      boolean browser = accepted != null && accepted.contains("text/html");
      (browser ? document : other).handle(request, response);
    };
  }

  /** Adds routes for the document of each page, and for its assets. */
  public void routes(Routes routes) {
    byte[] page = page();
    HttpHandler document =
        (request, response) ->
            response.header("Cache-Control", "no-cache").send("text/html; charset=utf-8", page);
    parts.keySet().forEach(p -> paths.addAll(p.pages));
    for (String p : paths) {
      HttpHandler other = others.get(p);
      routes.get(p, other == null ? document : negotiated(document, other));
    }
    StaticAssets files = new StaticAssets(WebUi.class.getClassLoader(), "ui");
    routes.get("/assets/{file...}", files.under("assets/", "file"));
    routes.get("/favicon.svg", files.file("favicon.svg"));
    routes.get("/favicon.ico", files.file("favicon.svg"));
  }
}
