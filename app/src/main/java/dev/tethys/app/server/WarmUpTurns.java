package dev.tethys.app.server;

import dev.tethys.api.prometheus.RunningLookups;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.query.promql.RunningQueries;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns of a warm-up. It pauses while a client sends queries: two cores that rehearse and compile
 * would make the client wait five times as long. Used by one thread, except for {@link #end}.
 */
final class WarmUpTurns {
  /** Time without queries of clients before the next query is rehearsed. */
  private static final Duration QUIET = Duration.ofMillis(25);

  /** Maximum number of pauses: clients that query without a pause compile the code themselves. */
  private static final long MAX_WAITS = Duration.ofMinutes(1).dividedBy(QUIET);

  /** Queries and lookups with priority over the warm-up. */
  interface Others {
    /** Returns the number of queries started so far. */
    long queryCount();

    /** Returns the number of queries in progress. */
    int waiting();

    /** Creates a view of an engine's queries and of label lookups. */
    static Others of(RunningQueries queries, RunningLookups lookups) {
      return new Others() {
        @Override
        public long queryCount() {
          return queries.totalQueries() + lookups.total();
        }

        @Override
        public int waiting() {
          return queries.size() + lookups.size();
        }
      };
    }

    /** Adds the queries of another API. */
    default Others and(QueryThreads api) {
      return new Others() {
        @Override
        public long queryCount() {
          return Others.this.queryCount() + api.total();
        }

        @Override
        public int waiting() {
          return Others.this.waiting() + api.unanswered();
        }
      };
    }
  }

  /** Warm-up request. */
  interface Request {
    boolean isAnswered(String asked) throws IOException;
  }

  /** Part of a warm-up. */
  interface Work<T extends @Nullable Object, E extends Exception> {
    T run() throws E;
  }

  private final long nanos;
  private final LongSupplier clock;
  private final Others others;
  private long spent;
  private long waits;
  private long quietAt;
  private final CountDownLatch ending = new CountDownLatch(1);

  /**
   * @param time maximum duration of a signal's part, without waiting
   * @param clock monotonic clock, such as {@link System#nanoTime}
   * @param others queries that take precedence
   */
  WarmUpTurns(Duration time, LongSupplier clock, Others others) {
    this.nanos = time.toNanos();
    this.clock = clock;
    this.others = others;
  }

  /** Starts the part of another signal. */
  void begin() {
    spent = 0;
  }

  /** Returns the time spent on the current part in nanoseconds. */
  long spent() {
    return spent;
  }

  /** Ends the warm-up; callers that wait for a turn get none. */
  void end() {
    ending.countDown();
  }

  /** Waits for some time; true if the warm-up ends meanwhile. */
  boolean endsWithin(Duration time) throws InterruptedException {
    return ending.await(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Waits until no client sends queries; returns false if the part is to end. */
  boolean isActive() throws InterruptedException {
    return isQuiet() && spent < nanos;
  }

  private boolean isQuiet() throws InterruptedException {
    long seen = others.queryCount();
    while (ending.getCount() > 0 && (seen != quietAt || others.waiting() > 0)) {
      if (waits++ >= MAX_WAITS || endsWithin(QUIET)) {
        return false;
      }
      long now = others.queryCount();
      if (now == seen && others.waiting() == 0) {
        quietAt = now;
      }
      seen = now;
    }
    return ending.getCount() > 0;
  }

  /** Sends requests for the duration of the part; returns the number of responses. */
  int each(List<String> all, Request request) throws IOException, InterruptedException {
    int answered = 0;
    for (String a : all) {
      if (!isActive()) {
        break;
      }
      if (timed(() -> request.isAnswered(a))) {
        answered++;
      }
    }
    return answered;
  }

  /** Runs work and measures its duration. */
  <T extends @Nullable Object, E extends Exception> T timed(Work<T, E> work) throws E {
    long began = clock.getAsLong();
    try {
      return work.run();
    } finally {
      spent += clock.getAsLong() - began;
    }
  }
}
