package dev.tethys.web;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Serves files of the class path, such as the user interface. A file is kept in memory after its
 * first request; only existing files are kept, so the distribution bounds their number.
 *
 * <p>Browsers may cache files with a hash in the name ({@code index-3fa9c1d2.js}) permanently. All
 * other files are revalidated for each request, which is cheap because of their ETag.
 */
public final class StaticAssets {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_@.-]+(/[A-Za-z0-9_@.-]+)*");
  private static final Pattern HASHED = Pattern.compile(".*[-.][A-Za-z0-9_-]{8,}\\.[a-z0-9]+");
  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("html", "text/html; charset=utf-8"),
          Map.entry("js", "text/javascript; charset=utf-8"),
          Map.entry("mjs", "text/javascript; charset=utf-8"),
          Map.entry("css", "text/css; charset=utf-8"),
          Map.entry("json", "application/json"),
          Map.entry("map", "application/json"),
          Map.entry("svg", "image/svg+xml"),
          Map.entry("png", "image/png"),
          Map.entry("ico", "image/x-icon"),
          Map.entry("txt", "text/plain; charset=utf-8"),
          Map.entry("woff2", "font/woff2"),
          Map.entry("wasm", "application/wasm"));

  private record Asset(byte[] content, String type, String tag, boolean hashed) {}

  private final ClassLoader loader;
  private final String root;
  private final Map<String, Asset> assets = new ConcurrentHashMap<>();

  /**
   * @param root the folder on the class path, such as {@code ui}
   */
  public StaticAssets(ClassLoader loader, String root) {
    this.loader = loader;
    this.root = root;
  }

  /** Creates a handler for a pattern whose rest is the file name: {@code /assets/{file...}}. */
  public HttpHandler under(String folder, String parameter) {
    return (request, response) -> serve(folder + request.pathParam(parameter), request, response);
  }

  /**
   * Creates a handler that always returns one file, such as the page of a single-page application.
   */
  public HttpHandler file(String name) {
    return (request, response) -> serve(name, request, response);
  }

  private void serve(String name, HttpRequest request, HttpResponse response) throws IOException {
    Asset a = load(name);
    if (a == null) {
      throw new HttpException(404, "404 page not found");
    }
    response
        .header("ETag", a.tag)
        .header("Cache-Control", a.hashed ? "public, max-age=31536000, immutable" : "no-cache")
        .header("X-Content-Type-Options", "nosniff");
    String known = request.header("If-None-Match");
    if (known != null && known.contains(a.tag)) {
      response.status(304).send();
      return;
    }
    response.send(a.type, a.content);
  }

  private @Nullable Asset load(String name) throws IOException {
    Asset known = assets.get(name);
    if (known != null) {
      return known;
    }
    // Nothing that could climb out of the folder, and no folder itself.
    if (!NAME.matcher(name).matches()
        || ("/" + name + "/").contains("/../")
        || name.contains("./")) {
      return null;
    }
    int dot = name.lastIndexOf('.');
    if (dot < 0) {
      return null;
    }
    try (InputStream in = loader.getResourceAsStream(root + "/" + name)) {
      if (in == null) {
        return null;
      }
      byte[] content = in.readAllBytes();
      String extension = name.substring(dot + 1).toLowerCase(Locale.ROOT);
      Asset a =
          new Asset(
              content,
              TYPES.getOrDefault(extension, "application/octet-stream"),
              tag(content),
              HASHED.matcher(name).matches());
      assets.put(name, a);
      return a;
    }
  }

  private static String tag(byte[] content) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
      return "\"" + HexFormat.of().formatHex(hash, 0, 12) + "\"";
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK supports SHA-256", e);
    }
  }
}
