package dev.tethys.api.prometheus;

import dev.tethys.query.promql.parser.ParserOptions;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Settings of the API; the defaults are Prometheus's.
 *
 * @param applicationName name of the server in {@code /-/healthy}
 * @param agent whether the server is an agent, which stores nothing and cannot be queried
 * @param admin {@code --web.enable-admin-api}
 * @param lifecycle {@code --web.enable-lifecycle}
 * @param search {@code --enable-feature=search-api}
 * @param maxSearchLimit {@code --web.search.max-limit}, 0 if none
 * @param corsOrigin {@code --web.cors.origin}, anchored
 * @param lookback how far back federation looks for the newest sample
 * @param timeout {@code --query.timeout}, for searches
 * @param userHeader header with the name of the user if no login is required; empty if none
 * @param parser enabled feature flags of PromQL
 */
public record ApiSettings(
    String applicationName,
    boolean agent,
    boolean admin,
    boolean lifecycle,
    boolean search,
    int maxSearchLimit,
    Pattern corsOrigin,
    Duration lookback,
    Duration timeout,
    String userHeader,
    ParserOptions parser) {
  /** Prometheus's defaults for a server. */
  public static final ApiSettings DEFAULT =
      new ApiSettings(
          "Prometheus Server",
          false,
          false,
          false,
          false,
          10_000,
          Pattern.compile(".*"),
          Duration.ofMinutes(5),
          Duration.ofMinutes(2),
          "",
          ParserOptions.STABLE);

  /** Returns a copy with different switches. */
  public ApiSettings with(boolean adminOn, boolean lifecycleOn, boolean searchOn) {
    return new ApiSettings(
        applicationName,
        agent,
        adminOn,
        lifecycleOn,
        searchOn,
        maxSearchLimit,
        corsOrigin,
        lookback,
        timeout,
        userHeader,
        parser);
  }

  /** Returns a copy with a header that names users. */
  public ApiSettings withUserHeader(String header) {
    return new ApiSettings(
        applicationName,
        agent,
        admin,
        lifecycle,
        search,
        maxSearchLimit,
        corsOrigin,
        lookback,
        timeout,
        header,
        parser);
  }

  /** Returns a copy for an agent. */
  public ApiSettings asAgent() {
    return new ApiSettings(
        "Prometheus Agent",
        true,
        admin,
        lifecycle,
        search,
        maxSearchLimit,
        corsOrigin,
        lookback,
        timeout,
        userHeader,
        parser);
  }
}
