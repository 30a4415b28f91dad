package dev.tethys.app.server;

import dev.tethys.web.HttpHandler;
import dev.tethys.web.Routes;
import dev.tethys.web.StaticAssets;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Serves the user interface from the class path. Its pages are one document, which learns the route
 * prefix from the {@code base} element in it.
 */
final class Interface {
  private static final String BASE = "<base href=\"/\" />";
  private static final String TITLE = "<title>Tethys</title>";
  private static final String ABSENT =
      "<!doctype html>"
          + BASE
          + TITLE
          + "<p>This build has no user interface (it was built with TETHYS_NO_UI). The API is at <a"
          + " href=\"api/v1/status/buildinfo\">api/v1</a>.";
  private static final String[] PAGES = {
    "/",
    "/query",
    "/graph",
    "/host",
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
    "/agent"
  };

  private final byte[] page;

  /**
   * @param prefix the path that browsers see before every page, {@code ""} or {@code /prefix}
   */
  Interface(String prefix, String title) {
    page =
        index()
            .replace(BASE, "<base href=\"" + attribute(prefix) + "/\" />")
            .replace(TITLE, "<title>" + attribute(title) + "</title>")
            .getBytes(StandardCharsets.UTF_8);
  }

  private static String index() {
    try (InputStream in = Interface.class.getResourceAsStream("/ui/index.html")) {
      return in == null ? ABSENT : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String attribute(String s) {
    return s.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }

  void routes(Routes routes) {
    HttpHandler document =
        (request, response) ->
            response.header("Cache-Control", "no-cache").send("text/html; charset=utf-8", page);
    for (String p : PAGES) {
      routes.get(p, document);
    }
    StaticAssets files = new StaticAssets(Interface.class.getClassLoader(), "ui");
    routes.get("/assets/{file...}", files.under("assets/", "file"));
    routes.get("/favicon.svg", files.file("favicon.svg"));
    routes.get("/favicon.ico", files.file("favicon.svg"));
  }
}
