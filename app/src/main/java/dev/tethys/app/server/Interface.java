package dev.tethys.app.server;

import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Serves the user interface from the class path. Its pages are one document; files under {@code
 * /assets} carry a hash of their content in their names and are cached for good.
 */
final class Interface {
  private static final String[] PAGES = {
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
  private static final Map<String, String> TYPES =
      Map.of(
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "woff2", "font/woff2",
          "json", "application/json",
          "map", "application/json",
          "wasm", "application/wasm",
          "txt", "text/plain; charset=utf-8");

  private final String index;

  /**
   * @param prefix the path that browsers see before every page, {@code ""} or {@code /prefix}
   */
  Interface(String prefix, String title) {
    byte[] page = resource("/ui/index.html");
    String text =
        page == null
            ? "<!doctype html><base href=\"/\" /><title>Tethys</title><p>This build has no user interface (it was built with TETHYS_NO_UI). The API is at <a href=\"api/v1/status/buildinfo\">api/v1</a>."
            : new String(page, StandardCharsets.UTF_8);
    index =
        text.replace("<base href=\"/\" />", "<base href=\"" + attribute(prefix) + "/\" />")
            .replace("<title>Tethys</title>", "<title>" + attribute(title) + "</title>");
  }

  private static String attribute(String s) {
    return s.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }

  void routes(Routes routes) {
    routes.get("/", this::page);
    for (String p : PAGES) {
      routes.get(p, this::page);
    }
    routes.get("/assets/{file...}", (q, r) -> asset("/ui/assets/" + q.pathParam("file"), true, r));
    routes.get("/favicon.svg", (q, r) -> asset("/ui/favicon.svg", false, r));
    routes.get("/favicon.ico", (q, r) -> asset("/ui/favicon.svg", false, r));
  }

  private void page(HttpRequest request, HttpResponse response) throws IOException {
    response
        .header("Cache-Control", "no-cache")
        .send("text/html; charset=utf-8", index.getBytes(StandardCharsets.UTF_8));
  }

  private static void asset(String path, boolean forGood, HttpResponse response)
      throws IOException {
    byte[] body = path.contains("..") ? null : resource(path);
    if (body == null) {
      response.status(404).send("404 page not found\n");
      return;
    }
    String type =
        TYPES.getOrDefault(path.substring(path.lastIndexOf('.') + 1), "application/octet-stream");
    response
        .header(
            "Cache-Control",
            forGood ? "public, max-age=31536000, immutable" : "public, max-age=3600")
        .send(type, body);
  }

  private static byte @Nullable [] resource(String path) {
    try (InputStream in = Interface.class.getResourceAsStream(path)) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
