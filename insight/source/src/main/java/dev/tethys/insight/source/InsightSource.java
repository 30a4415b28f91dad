package dev.tethys.insight.source;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Redaction;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Prometheus-compatible server whose series are copied into the cache.
 *
 * @param name value of the label {@code cluster} of series that have none; "" to add no label
 * @param url base URL, below which {@code /api/v1} is
 */
public record InsightSource(String name, URI url, HttpClientConfig client) {
  /** Maximum number of sources. */
  public static final int MAX_SOURCES = 100;

  private static final Pattern NAMES = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

  /** Redirects are not followed: the response of another server would enter the cache unnoticed. */
  private static final HttpClientConfig NO_REDIRECTS =
      new HttpClientConfig(
          null,
          null,
          null,
          HttpClientConfig.DEFAULT.tls(),
          false,
          true,
          HttpClientConfig.DEFAULT.proxy(),
          Map.of());

  private static final Section SECTION =
      new Section("source", "Prometheus-compatible server whose series are cached.");
  private static final Key<URI> URL =
      SECTION.required("url", Type.URL, "Base URL, below which /api/v1 is.");
  private static final Key<String> NAME =
      SECTION.key(
          "name", Type.STRING, "", "Value of the label cluster of series that have none; unique.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Section FILE = new Section("sources", "File of sources.");
  private static final Key<List<InsightSource>> SOURCES =
      FILE.required(
          "sources", Type.list(SECTION.type(InsightSource::read)), "Sources with credentials.");

  private static InsightSource read(YamlObject o) {
    String name = o.get(NAME);
    if (!name.isEmpty() && !NAMES.matcher(name).matches()) {
      throw o.error(NAME, problemOfName(name));
    }
    URI url = o.get(URL);
    String problem = problemOfUrl(url);
    if (!problem.isEmpty()) {
      throw o.error(URL, "url " + Redaction.url(url) + " " + problem);
    }
    return new InsightSource(name, url, HttpClientConfig.read(o, NO_REDIRECTS));
  }

  private static String problemOfName(String name) {
    return "name \""
        + name
        + "\" must have 1 to 64 letters, digits, dots, hyphens and underscores only";
  }

  private static String problemOfUrl(URI url) {
    String scheme = String.valueOf(url.getScheme());
    if (!scheme.equals("http") && !scheme.equals("https") || url.getHost() == null) {
      return "must be http://HOST or https://HOST, with a path if the API has a prefix";
    }
    if (url.getRawUserInfo() != null) {
      return "must not have a user or password; use basic_auth in --insight.source.config-file";
    }
    if (url.getRawQuery() != null || url.getRawFragment() != null) {
      return "must not have a query or fragment";
    }
    return "";
  }

  /**
   * Reads {@code URL} or {@code NAME=URL}.
   *
   * @throws IllegalArgumentException with the reason if it is neither
   */
  public static InsightSource parse(String text) {
    boolean hasName = !text.startsWith("http://") && !text.startsWith("https://");
    int at = hasName ? text.indexOf('=') : -1;
    if (hasName && at < 0) {
      throw new IllegalArgumentException("expected URL or NAME=URL, as in prod=http://mimir:9090");
    }
    String name = hasName ? text.substring(0, at) : "";
    if (hasName && !NAMES.matcher(name).matches()) {
      throw new IllegalArgumentException(problemOfName(name));
    }
    URI url;
    try {
      url = new URI(text.substring(at + 1));
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "\"" + Redaction.text(e.getInput()) + "\" is not a URL: " + e.getReason(), e);
    }
    String problem = problemOfUrl(url);
    if (!problem.isEmpty()) {
      throw new IllegalArgumentException("URL " + problem);
    }
    return new InsightSource(name, url, NO_REDIRECTS);
  }

  /**
   * Reads a file with the key {@code sources}.
   *
   * @throws dev.tethys.config.ConfigException if the file is not valid
   * @throws IOException if the file cannot be read
   */
  public static List<InsightSource> readAll(Path file) throws IOException {
    YamlDocument document = YamlDocument.read(file);
    return document.readWhole(() -> document.root().object(FILE).get(SOURCES));
  }

  /**
   * Checks that the names of several sources are distinct.
   *
   * @throws IllegalArgumentException with the reason if they do not
   */
  public static void check(List<InsightSource> all) {
    if (all.size() > MAX_SOURCES) {
      throw new IllegalArgumentException(
          all.size() + " sources are configured; the maximum is " + MAX_SOURCES);
    }
    Set<String> names = new HashSet<>();
    List<String> twice = new ArrayList<>();
    for (InsightSource s : all) {
      if (all.size() > 1 && s.name.isEmpty()) {
        throw new IllegalArgumentException(
            "source "
                + Redaction.url(s.url)
                + " has no name; with several sources each needs one: NAME=URL");
      }
      if (!names.add(s.name)) {
        twice.add(s.name);
      }
    }
    if (!twice.isEmpty()) {
      throw new IllegalArgumentException(
          "two sources have the name \"" + twice.getFirst() + "\"; names must be unique");
    }
  }

  /** URL without secrets. */
  public String shownUrl() {
    return Redaction.url(url);
  }

  /** Name in logs and names of files. */
  String shownName() {
    return name.isEmpty() ? "default" : name;
  }
}
