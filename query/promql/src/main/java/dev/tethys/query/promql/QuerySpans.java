package dev.tethys.query.promql;

import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.ActiveSpan.Kind;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Spans for the phases of a query, named as in Prometheus. They are created from the query's
 * statistics after its end, independently of the evaluation.
 */
final class QuerySpans {
  private QuerySpans() {}

  /** Starts the whole of a query, when its caller is traced. */
  static ActiveSpan begin(Query q) {
    ActiveSpan within = ActiveSpan.current();
    if (within == ActiveSpan.NONE) {
      return within;
    }
    return within.child("promqlExec").set("query", q.text());
  }

  /** Ends the span with the statistics of the query. */
  static void ended(ActiveSpan exec, QueryStatistics s, @Nullable String error) {
    if (!exec.isRecorded()) {
      return;
    }
    Instant end = Instant.now();
    Instant begin = back(end, s.totalTime());
    Instant evaluation = back(end, s.evaluationTime());
    part(exec, "promqlPrepare", back(begin, s.preparationTime()), begin);
    part(exec, "promqlExecQueue", begin, evaluation);
    try (ActiveSpan eval = exec.child("promqlEval", Kind.INTERNAL, evaluation)) {
      Instant sorting = back(end, s.resultSortTime());
      part(eval, "promqlInnerEval", evaluation, sorting);
      part(eval, "promqlSort", sorting, end);
      eval.set("total_samples", s.totalSamples())
          .set("samples_read", s.samplesRead())
          .set("peak_samples", s.peakSamples());
    }
    if (error != null) {
      exec.failed(error);
    }
  }

  private static void part(ActiveSpan of, String name, Instant from, Instant to) {
    of.child(name, Kind.INTERNAL, from).close(to);
  }

  private static Instant back(Instant from, double seconds) {
    return from.minusNanos(Math.max(0, (long) (seconds * 1e9)));
  }
}
