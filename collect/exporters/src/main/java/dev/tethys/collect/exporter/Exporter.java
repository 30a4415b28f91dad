package dev.tethys.collect.exporter;

import dev.tethys.model.exposition.Collector;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An exporter that runs. Safe for any number of threads. */
public interface Exporter extends AutoCloseable {
  /**
   * Metrics of its page in addition to {@link #about()}; null when it shows nothing without a
   * target.
   */
  @Nullable MetricsSource metrics();

  /**
   * What it shows for targets, by the path of the page ({@code /probe}). Empty when it has no
   * targets.
   */
  Map<String, MetricsSource> probes();

  /** Metrics about itself, for its own page of metrics alone. */
  default Collector about() {
    return to -> {};
  }

  /** Answers a request with metric families, within the bounds of the exporter. */
  @FunctionalInterface
  interface Answers {
    /** An {@link HttpHandler} for a source. */
    HttpHandler of(MetricsSource source);
  }

  /** Further pages by path, for GET; one under the path of a probe is in its place. */
  default Map<String, HttpHandler> pages(Answers answers) {
    return Map.of();
  }

  /** Where its files say that its page of metrics is; null where they do not. */
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

  /** Whether its flags or files name the users of its pages, whom {@link #admits} knows. */
  default boolean namesUsers() {
    return false;
  }

  /**
   * Whether its pages may be shown to who asks: its flags or files may name users, with passwords.
   */
  default boolean admits(HttpRequest request) {
    return true;
  }

  /** A page for those whom {@link #admits} lets see it. */
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
   * Begins what it does without being asked. Called once, and after that it may be asked.
   *
   * @param page all that its page of metrics shows
   */
  default void start(MetricsSource page) {}

  /**
   * Reads its files again; one that is wrong keeps what was.
   *
   * @throws dev.tethys.config.ConfigException when a file is wrong, with the position
   * @throws IOException when a file cannot be read
   */
  default void reload() throws IOException {}

  /** Whether there is something that {@link #reload()} reads. */
  default boolean reloads() {
    return false;
  }

  /** Ends what it has open. */
  @Override
  void close();
}
