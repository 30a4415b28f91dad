package dev.tethys.collect.exporter;

import dev.tethys.model.exposition.Collector;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Running exporter. Thread-safe. */
public interface Exporter extends AutoCloseable {
  /**
   * Metrics of its page in addition to {@link #about()}; null if it shows nothing without a target.
   */
  @Nullable MetricsSource metrics();

  /**
   * Probes of targets, by the path of the page ({@code /probe}). Empty for an exporter without
   * targets.
   */
  Map<String, MetricsSource> probes();

  /**
   * Sources of jobs of {@link #scrapeConfigs}, by job: the server that has this exporter embedded
   * asks them instead of targets. They may change with {@link #reload()}.
   */
  default Map<String, MetricsSource> jobs() {
    return Map.of();
  }

  /**
   * Items of {@code scrape_configs} of jobs of such a server; empty for none. They may change with
   * {@link #reload()}.
   *
   * @param address of the server
   * @param instance label of its own pages
   */
  default String scrapeConfigs(String address, String instance) {
    return "";
  }

  /** Metrics about the exporter itself, only for its own metrics page. */
  default Collector about() {
    return to -> {};
  }

  /** Responds to a request with metric families, within the bounds of the exporter. */
  @FunctionalInterface
  interface Answers {
    /** An {@link HttpHandler} for a source. */
    HttpHandler of(MetricsSource source);
  }

  /** Further pages by path, for GET; one under the path of a probe is in its place. */
  default Map<String, HttpHandler> pages(Answers answers) {
    return Map.of();
  }

  /** Path of the metrics page from its files; null if they do not set one. */
  default @Nullable String metricsPath() {
    return null;
  }

  /**
   * TLS of its pages where its flags or files have it; null where {@code --web.config.file} alone
   * does. Read again when a file of it changes.
   */
  default WebConfig.@Nullable Source pagesTls() {
    return null;
  }

  /** Whether its flags or files define users of its pages, checked by {@link #admits}. */
  default boolean namesUsers() {
    return false;
  }

  /** Whether a request may see its pages: its flags or files may define users with passwords. */
  default boolean admits(HttpRequest request) {
    return true;
  }

  /** Wraps a page so that it requires {@link #admits}. */
  default HttpHandler guarded(HttpHandler page) {
    return (q, r) -> {
      if (!admits(q)) {
        r.header("WWW-Authenticate", "Basic realm=\"/\"");
        throw new HttpException(401, "Unauthorized");
      }
      page.handle(q, r);
    };
  }

  /**
   * Starts its background work. Called once, before the first request.
   *
   * @param page contents of its metrics page
   */
  default void start(MetricsSource page) {}

  /**
   * Reloads its files; if a file is invalid, the previous state is kept.
   *
   * @throws dev.tethys.config.ConfigException if a file is invalid, with the position
   * @throws IOException if a file cannot be read
   */
  default void reload() throws IOException {}

  /** Whether there is anything that {@link #reload()} reads. */
  default boolean reloads() {
    return false;
  }

  /** Closes all resources. */
  @Override
  void close();
}
