package dev.tethys.query.promql;

import dev.tethys.query.promql.parser.ParserOptions;
import java.util.function.LongUnaryOperator;

/**
 * Engine options.
 *
 * @param lookbackMillis maximum age of a sample that counts as current
 * @param timeoutMillis longest duration of a query, queueing included
 * @param maxSamples maximum number of samples that a query may hold at any time
 * @param maxConcurrent number of concurrent queries; others wait
 * @param maxQueued number of waiting queries; beyond, a query of the user with the most waiting
 *     ones is rejected
 * @param ruleConcurrent additional slots reserved for rules
 * @param ruleBytes part of the query memory budget reserved for rules
 * @param maxBytesPerQuery memory for results and intermediates of one query, 0 for no limit
 * @param maxBytes the same for all queries together, 0 for no limit
 * @param cacheBytes memory for cached results of range queries, 0 for no cache; part of {@code
 *     maxBytes}
 * @param threads number of threads that one query may use for computing
 * @param propagateMatchers whether matchers of one side of an operation are applied to the other
 * @param parser enabled constructs enabled by feature flags
 * @param delayedNameRemoval metric names are dropped at the end of a query only
 * @param typeAndUnitLabels {@code __type__} identifies counters
 * @param startTimestamps rates use the start times of counters
 * @param perStepStatistics queries may request samples by step
 * @param maxSourceResolution maximum source resolution of queries that set none; see {@link
 *     QueryOptions}
 * @param subqueryStep the step of a subquery without one, from its range, both in milliseconds
 */
public record EngineOptions(
    long lookbackMillis,
    long timeoutMillis,
    long maxSamples,
    int maxConcurrent,
    int maxQueued,
    int ruleConcurrent,
    long ruleBytes,
    long maxBytesPerQuery,
    long maxBytes,
    long cacheBytes,
    int threads,
    boolean propagateMatchers,
    ParserOptions parser,
    boolean delayedNameRemoval,
    boolean typeAndUnitLabels,
    boolean startTimestamps,
    boolean perStepStatistics,
    long maxSourceResolution,
    LongUnaryOperator subqueryStep) {
  /** Returns Prometheus's defaults; a minute for the steps of subqueries, all cores. */
  public static EngineOptions defaults() {
    return builder().build();
  }

  /** Starts with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects options. */
  public static final class Builder {
    private long lookbackMillis = 5 * 60_000;
    private long timeoutMillis = 2 * 60_000;
    private long maxSamples = 50_000_000;
    private int maxConcurrent = 20;
    private int maxQueued = 1_000;
    private int ruleConcurrent = 4;
    private long ruleBytes = 0;
    private long maxBytesPerQuery = 0;
    private long maxBytes = 0;
    private long cacheBytes = 0;
    private int threads = Runtime.getRuntime().availableProcessors();
    private boolean propagateMatchers = true;
    private ParserOptions parser = ParserOptions.STABLE;
    private boolean delayedNameRemoval = false;
    private boolean typeAndUnitLabels = false;
    private boolean startTimestamps = false;
    private boolean perStepStatistics = false;
    private long maxSourceResolution = QueryOptions.AUTO;
    private LongUnaryOperator subqueryStep = range -> 60_000;

    private Builder() {}

    /** Sets the maximum age of a sample that counts as current. */
    public Builder lookbackMillis(long v) {
      lookbackMillis = v;
      return this;
    }

    /** Sets the maximum run time of a query. */
    public Builder timeoutMillis(long v) {
      timeoutMillis = v;
      return this;
    }

    /** Sets the maximum number of samples a query may hold. */
    public Builder maxSamples(long v) {
      maxSamples = v;
      return this;
    }

    /** Sets the maximum number of concurrent queries. */
    public Builder maxConcurrent(int v) {
      maxConcurrent = v;
      return this;
    }

    /** Sets the maximum number of waiting queries. */
    public Builder maxQueued(int v) {
      maxQueued = v;
      return this;
    }

    /** Sets the number of concurrent queries reserved for rules. */
    public Builder ruleConcurrent(int v) {
      ruleConcurrent = v;
      return this;
    }

    /** Sets the memory reserved for rules. */
    public Builder ruleBytes(long v) {
      ruleBytes = v;
      return this;
    }

    /** Sets the memory limit of one query; 0 for no limit. */
    public Builder maxBytesPerQuery(long v) {
      maxBytesPerQuery = v;
      return this;
    }

    /** Sets the memory limit of all queries; 0 for no limit. */
    public Builder maxBytes(long v) {
      maxBytes = v;
      return this;
    }

    /** Sets the size of the result cache in bytes; 0 disables it. */
    public Builder cacheBytes(long v) {
      cacheBytes = v;
      return this;
    }

    /** Threads for one query. */
    public Builder threads(int v) {
      threads = v;
      return this;
    }

    /** Whether one side of an operation is given matchers of the other. */
    public Builder propagateMatchers(boolean v) {
      propagateMatchers = v;
      return this;
    }

    /** Constructs enabled by feature flags. */
    public Builder parser(ParserOptions v) {
      parser = v;
      return this;
    }

    /** Names are dropped at the end only. */
    public Builder delayedNameRemoval(boolean v) {
      delayedNameRemoval = v;
      return this;
    }

    /** Whether {@code __type__} decides which series are counters. */
    public Builder typeAndUnitLabels(boolean v) {
      typeAndUnitLabels = v;
      return this;
    }

    /** Rates use start times. */
    public Builder startTimestamps(boolean v) {
      startTimestamps = v;
      return this;
    }

    /** Enables statistics of samples per step. */
    public Builder perStepStatistics(boolean v) {
      perStepStatistics = v;
      return this;
    }

    /** Sets the coarsest acceptable resolution, as in {@link QueryOptions}. */
    public Builder maxSourceResolution(long v) {
      maxSourceResolution = v;
      return this;
    }

    /** Sets the default step of subqueries. */
    public Builder subqueryStep(LongUnaryOperator v) {
      subqueryStep = v;
      return this;
    }

    public EngineOptions build() {
      return new EngineOptions(
          lookbackMillis,
          timeoutMillis,
          maxSamples,
          maxConcurrent,
          maxQueued,
          ruleConcurrent,
          ruleBytes,
          maxBytesPerQuery,
          maxBytes,
          cacheBytes,
          threads,
          propagateMatchers,
          parser,
          delayedNameRemoval,
          typeAndUnitLabels,
          startTimestamps,
          perStepStatistics,
          maxSourceResolution,
          subqueryStep);
    }
  }
}
